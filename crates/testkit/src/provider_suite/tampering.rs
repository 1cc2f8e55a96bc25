//! Blobs that aren't what the provider gave.

use keyward_kms::Reason;

use super::{Subject, context, fails, left_out, opens, own_secret};

/// A bit changed in any byte, and so in every region of the blob, whatever it is made of.
pub async fn a_changed_blob_opens_nothing(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let (acme, secret) = (context("acme"), own_secret());
    let blob = service.wrap(&key, &acme, &secret).await.expect("it is wrapped").blob;
    for at in 0..blob.len() {
        let mut changed = blob.clone();
        changed[at] ^= 1 << (at % 8);
        let opened = service.unwrap(&key, &acme, &changed).await;
        fails(service, &format!("byte {at} changed"), opened, Reason::WrongCiphertext);
    }
    opens(service, &key, &acme, &blob, secret.expose()).await;
}

/// Cut, extended, empty, huge.
pub async fn a_blob_of_another_length_opens_nothing(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let (acme, secret) = (context("acme"), own_secret());
    let blob = service.wrap(&key, &acme, &secret).await.expect("it is wrapped").blob;
    // Where fields begin and end is in there somewhere, for every provider's form.
    let cuts = (0..blob.len().min(96)).chain([blob.len() / 2, blob.len() - 1]);
    let mut wrong: Vec<(String, Vec<u8>)> =
        cuts.map(|length| (format!("cut to {length}"), blob[..length].to_vec())).collect();
    let tail = |bytes: &[u8]| [&blob, bytes].concat();
    wrong.extend([
        ("without its first byte".into(), blob[1..].to_vec()),
        ("with a byte before".into(), [&[0], &blob[..]].concat()),
        ("with a byte after".into(), tail(&[0])),
        ("with 16 bytes after".into(), tail(&[0; 16])),
        ("twice".into(), tail(&blob)),
        ("7,000 zeros".into(), vec![0; 7_000]),
        ("a megabyte of it".into(), blob.iter().copied().cycle().take(1 << 20).collect()),
        ("a megabyte of 0xff".into(), vec![0xff; 1 << 20]),
    ]);
    for (what, wrong) in wrong {
        let opened = service.unwrap(&key, &acme, &wrong).await;
        fails(service, &what, opened, Reason::WrongCiphertext);
    }
    opens(service, &key, &acme, &blob, secret.expose()).await;
}

/// What the key wrapped and isn't a 256-bit key is damage too.
pub async fn what_is_no_key_opens_nothing(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let acme = context("acme");
    match subject.foreign_blob(&key, &acme).await {
        Ok(blob) => {
            let opened = service.unwrap(&key, &acme, &blob).await;
            fails(service, "what is no key", opened, Reason::WrongCiphertext);
        }
        Err(absent) => left_out("a blob that holds no key", absent),
    }
}
