//! Signed checkpoints and verifier keys: nothing panics, what parses prints back byte for byte, nothing
//! verifies that the key did not sign, and what we sign of it verifies.
#![no_main]

use std::sync::LazyLock;

use keyward_core::SecretKey;
use keyward_ledger::{Checkpoint, Note, Origin, SigningKey, VerifierKey};
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::from_seed(&SecretKey::new([1; 32])));

/// The one checkpoint that this key has signed and the corpus holds.
static SIGNED: LazyLock<String> = LazyLock::new(|| {
    let origin = Origin::new("keyward.example/log").expect("it is an origin");
    let root = keyward_ledger::leaf_hash(b"root");
    Checkpoint { origin, size: 256, root }.sign(&KEY)
});

fuzz_target!(|text: &str| {
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    let note = match Note::parse(text) {
        Ok(note) => note,
        Err(error) => {
            assert!(!error.to_string().chars().any(char::is_control));
            return;
        }
    };
    assert_eq!(note.to_string(), text);
    let Ok(checkpoint) = Checkpoint::parse(note.text()) else { return };
    let verifier = KEY.verifier(&checkpoint.origin);
    // Lines of other keys may come and go; the signed text may not change.
    if let Ok(verified) = Checkpoint::verify(text, &verifier) {
        assert_eq!(verified, checkpoint);
        assert!(SIGNED.starts_with(note.text()), "forged: {text}");
    }
    assert_eq!(Checkpoint::verify(&checkpoint.sign(&KEY), &verifier), Ok(checkpoint));
});
