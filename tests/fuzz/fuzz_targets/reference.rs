//! Root key references: nothing panics, what parses prints and parses back to itself, and a refusal
//! is short and fit for a terminal, whatever was pasted.
#![no_main]

use keyward_core::RootKeyReference;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match text.parse::<RootKeyReference>() {
        Ok(key) => {
            let printed = key.to_string();
            assert!(printed.len() <= RootKeyReference::MAX_LENGTH);
            assert!(printed.bytes().all(|byte| byte.is_ascii_graphic()), "{printed:?}");
            if let RootKeyReference::Pkcs11(_) = &key {
                assert!(!printed.to_ascii_lowercase().contains("pin-value"), "{printed}");
            }
            assert_eq!(printed.parse(), Ok(key));
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.chars().count() < 600, "{message}");
            assert!(!message.chars().any(char::is_control), "{message:?}");
        }
    }
});
