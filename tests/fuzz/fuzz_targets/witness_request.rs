//! What a witness is asked: nothing panics, what parses prints back byte for byte, and a witness takes
//! no checkpoint that isn't the log's.
#![no_main]

mod log;

use keyward_ledger::{LedgerError, Witness, WitnessRequest};
use libfuzzer_sys::fuzz_target;
use log::{LOG, SEEN};

fuzz_target!(|text: &str| {
    let request = match text.parse::<WitnessRequest>() {
        Ok(request) => request,
        Err(error) => {
            assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
            return;
        }
    };
    assert_eq!(request.to_string(), text);
    let seen = Witness::resume(LOG.verifier(), LOG.checkpoint(SEEN)).expect("it is the log's");
    for mut witness in [Witness::new(LOG.verifier()), seen] {
        let before = witness.clone();
        match witness.observe(&request.checkpoint.to_string(), &request.path) {
            Ok(continued) => {
                let checkpoint = continued.checkpoint();
                assert_eq!(*checkpoint, LOG.checkpoint(checkpoint.size), "forged: {text}");
                assert!(checkpoint.size >= before.size());
            }
            Err(error) => {
                assert_eq!(witness, before);
                // Both of the log's checkpoints continue each other: there is no fork to be shown.
                assert!(!matches!(error, LedgerError::Forked { .. }), "forged: {text}");
                assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
            }
        }
    }
});
