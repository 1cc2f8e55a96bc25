//! Audit records: nothing panics, what parses writes the same bytes, and a refusal is fit for a
//! terminal.
#![no_main]

use keyward_ledger::{Record, canonical};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Record::parse(text) {
        Ok(record) => {
            assert_eq!(canonical::check(text), Ok(()));
            assert_eq!(record.to_canonical().as_deref(), Ok(text));
        }
        Err(error) => assert!(!error.to_string().chars().any(char::is_control), "{error:?}"),
    }
    // Whatever is canonical, record or not, is what another reader writes back from its value.
    if canonical::check(text).is_ok() {
        let value = serde_json::from_str(text).expect("canonical JSON is JSON");
        assert_eq!(canonical::to_string(&value).as_deref(), Ok(text));
    }
});
