//! Entries kept beside their message: rekeying without touching it.

mod common;

use common::{context, keyring, message};
use keyward_core::{EncryptionContext, SecretKey};
use keyward_envelope::{
    Detached, Entry, EnvelopeError, Header, ObjectKeys, RawAesKeyring, ReadLimits, ReadOptions,
    VerifiedHeader, open,
};

fn next_version() -> RawAesKeyring {
    RawAesKeyring::new("keyward:acme", "invoices/2", &SecretKey::new([10; 32])).unwrap()
}

/// The header's tag is GCM under the message's derived key with an IV of zeros. A header with another
/// entry would need a second tag under the same key and IV, and two such tags give the
/// authentication key away. So the entry moves, and the message's bytes stay.
#[test]
fn a_message_opens_with_a_new_entry_and_unchanged_bytes() {
    let message = message(1, b"text");
    let header = Header::parse_whole(&message, &ReadOptions::default()).unwrap();
    let object_key = keyring().object_key(header.entries(), header.context()).unwrap();
    let entry = next_version().wrap(&object_key, header.context(), [5; 12]).unwrap();
    let stored = entry.to_bytes().unwrap();

    let entry = Entry::from_bytes(&stored, &ReadLimits::default()).unwrap();
    assert_eq!(entry.raw_aes_name(), Some("invoices/2"));
    let keyring = next_version();
    let keys = Detached { keyring: &keyring, entry: &entry };
    let opened = open(&message, &keys, &ReadOptions::default()).unwrap();
    assert_eq!(opened.plaintext, b"text");
    // The header still names its own entry, and the old key still opens it.
    assert_eq!(opened.header.entries()[0].raw_aes_name(), Some("invoices/1"));
    assert!(open(&message, &common::keyring(), &ReadOptions::default()).is_ok());
    // By the entry in the header, the new key opens nothing.
    let by_header = open(&message, &keyring, &ReadOptions::default());
    assert!(matches!(by_header, Err(EnvelopeError::NoMatchingEntry)));
}

/// A header whose entry was swapped for the new one doesn't verify: nothing ever makes its tag.
#[test]
fn an_entry_written_into_the_header_is_refused() {
    let message = message(1, b"text");
    let header = Header::parse_whole(&message, &ReadOptions::default()).unwrap();
    let object_key = keyring().object_key(header.entries(), header.context()).unwrap();
    let new = next_version().wrap(&object_key, header.context(), [5; 12]).unwrap();
    let (old, new) = (header.entries()[0].to_bytes().unwrap(), new.to_bytes().unwrap());
    let at = message.windows(old.len()).position(|window| window == old).unwrap();
    let mut rewritten = message.clone();
    rewritten[at..at + old.len()].copy_from_slice(&new);
    let opened = open(&rewritten, &next_version(), &ReadOptions::default());
    assert!(matches!(opened, Err(EnvelopeError::Rejected)));
}

#[test]
fn an_entry_of_another_message_or_context_is_refused() {
    let (one, two) = (message(1, b"one"), message(2, b"two"));
    let keyring = keyring();
    let entry_of = |message: &[u8]| {
        Header::parse_whole(message, &ReadOptions::default()).unwrap().entries()[0].clone()
    };
    let entry = entry_of(&two);
    let keys = Detached { keyring: &keyring, entry: &entry };
    assert!(matches!(open(&one, &keys, &ReadOptions::default()), Err(EnvelopeError::Rejected)));
    let other = EncryptionContext::from_pairs([("keyward:tenant".into(), "other".into())]);
    let object_key = keyring.object_key(&[entry_of(&one)], &context()).unwrap();
    let entry = keyring.wrap(&object_key, &other, [6; 12]).unwrap();
    let keys = Detached { keyring: &keyring, entry: &entry };
    assert!(matches!(open(&one, &keys, &ReadOptions::default()), Err(EnvelopeError::Rejected)));
}

/// What asynchronous callers do: find the key first, then verify the header with it.
#[test]
fn a_header_is_verified_with_a_key_found_elsewhere() {
    let header = Header::parse_whole(&message(1, b"text"), &ReadOptions::default()).unwrap();
    let key = keyring().object_key(header.entries(), header.context()).unwrap();
    assert!(VerifiedHeader::new(header.clone(), &key, &ReadOptions::default()).is_ok());
    let wrong = SecretKey::new([0; 32]);
    assert!(matches!(
        VerifiedHeader::new(header, &wrong, &ReadOptions::default()),
        Err(EnvelopeError::Rejected)
    ));
}
