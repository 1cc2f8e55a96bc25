//! Witnesses' keys and cosignatures: nothing panics, a key has one spelling and is no log's key, and a
//! note is cosigned only if its witness did that.
#![no_main]

mod log;

use keyward_ledger::{LedgerError, Note, VerifierKey, WitnessKey, cosignatures};
use libfuzzer_sys::fuzz_target;
use log::{LOG, SEEN, SIZE, time};

fuzz_target!(|text: &str| {
    match text.parse::<WitnessKey>() {
        Ok(key) => {
            assert_eq!(key.to_string(), text);
            assert!(text.parse::<VerifierKey>().is_err());
        }
        Err(error) => assert!(!error.to_string().chars().any(char::is_control), "{error:?}"),
    }
    let Ok(note) = Note::parse(text) else { return };
    let witness = LOG.witness_key();
    match witness.cosigned(&note) {
        Ok(at) => {
            assert_eq!(at, time(), "forged: {text}");
            let ours = [SEEN, SIZE].map(|size| LOG.note(size));
            assert!(ours.iter().any(|ours| ours.text() == note.text()), "forged: {text}");
            let found = cosignatures(&note, std::slice::from_ref(&witness));
            assert_eq!(found, Ok(vec![(&witness, at)]));
        }
        Err(error) => {
            assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
            let others = cosignatures(&note, std::slice::from_ref(&witness));
            let none = matches!(error, LedgerError::NotCosigned { .. });
            assert_eq!(others, if none { Ok(Vec::new()) } else { Err(error) });
        }
    }
});
