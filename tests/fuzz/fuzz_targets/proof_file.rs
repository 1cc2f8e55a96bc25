//! Proof files: nothing panics, what parses prints back byte for byte, and nothing is proven that isn't
//! in the log.
#![no_main]

mod log;

use keyward_ledger::ProofFile;
use libfuzzer_sys::fuzz_target;
use log::LOG;

fuzz_target!(|text: &str| {
    let file = match text.parse::<ProofFile>() {
        Ok(file) => file,
        Err(error) => {
            assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
            return;
        }
    };
    assert_eq!(file.to_string(), text);
    let key = LOG.verifier();
    let bodies = LOG.bodies.iter().map(String::as_bytes).chain(file.extra.as_deref());
    for body in bodies {
        match file.verify_record(body, &key) {
            Ok((checkpoint, record)) => {
                assert_eq!(record.seq, file.index);
                let own = LOG.bodies.get(file.index as usize).map(String::as_bytes);
                assert_eq!(own, Some(body), "forged: {text}");
                assert_eq!(checkpoint, LOG.checkpoint(checkpoint.size), "forged: {text}");
            }
            Err(error) => assert!(!error.to_string().chars().any(char::is_control), "{error:?}"),
        }
    }
});
