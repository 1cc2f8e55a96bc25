//! Entry bundles: nothing panics, and what is read is all that was there, in its order.
#![no_main]

use keyward_ledger::tile::{TILE_WIDTH, bundle};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let entries = match bundle::entries(7, bytes) {
        Ok(entries) => entries,
        Err(error) => {
            assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
            return;
        }
    };
    assert!(entries.len() <= TILE_WIDTH);
    let mut written = Vec::new();
    for entry in entries {
        bundle::push(&mut written, entry).expect("it was in a bundle");
    }
    assert_eq!(written, bytes);
});
