//! Paths of tiles in a folder that somebody made: nothing panics, there is one spelling for each, and
//! none leads out of the folder.
#![no_main]

use keyward_ledger::TilePath;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match text.parse::<TilePath>() {
        Ok(path) => {
            assert_eq!(path.to_string(), text);
            assert!((1..=256).contains(&path.width));
            let harmless = |part: &str| !part.is_empty() && !part.starts_with('.');
            assert!(text.starts_with("tile/") && text.split('/').all(harmless));
        }
        Err(error) => assert!(!error.to_string().chars().any(char::is_control), "{error:?}"),
    }
});
