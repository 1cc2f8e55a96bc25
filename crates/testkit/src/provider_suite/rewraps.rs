//! Rewrapping: under another key, under another version, and to another provider.

use keyward_core::{RootKeyReference, SecretKey};
use keyward_kms::{
    ErrorClass, Reason, RootKeyService,
    local::{KeyUse, LocalKeyStore, StoreId},
};

use super::{Subject, Withheld, context, fails, failure, left_out, opens, wrapped};

/// Items of a batch: more than any provider keeps in flight.
const ITEMS: usize = 70;
/// The items that are damaged.
const BAD: [usize; 3] = [0, 17, ITEMS - 1];

/// One result for each item, in order, and a damaged one fails alone.
pub async fn a_rewrap_keeps_order_and_fails_item_by_item(subject: &dyn Subject) {
    let service = &*subject.service();
    let (from, to) = (subject.root_key().await, subject.root_key().await);
    let acme = context("acme");
    let (secrets, mut items) = wrapped(service, &from, ITEMS).await;
    for at in BAD {
        let middle = items[at].blob.len() / 2;
        items[at].blob[middle] ^= 1;
    }
    items[5].context = context("umbrella");
    let rewrapped = service.rewrap(&from, &to, items).await;
    assert_eq!(rewrapped.len(), ITEMS);
    for (at, (secret, result)) in secrets.iter().zip(rewrapped).enumerate() {
        if at == 5 || BAD.contains(&at) {
            fails(service, &format!("item {at}"), result, Reason::WrongCiphertext);
            continue;
        }
        let blob = result.unwrap_or_else(|error| panic!("item {at}: {error}")).blob;
        opens(service, &to, &acme, &blob, secret).await;
        let opened = service.unwrap(&from, &acme, &blob).await;
        fails(service, "the key that it left", opened, Reason::WrongCiphertext);
    }
    assert!(service.rewrap(&from, &to, Vec::new()).await.is_empty());
}

/// Rewrapping under the key itself moves to its current version.
pub async fn a_rewrap_crosses_versions(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let acme = context("acme");
    let (mut secrets, mut items) = wrapped(service, &key, 4).await;
    if let Err(error) = service.rotate(&key).await {
        assert_eq!(error.class(), ErrorClass::Invalid, "{error}");
        if let Err(absent) = subject.rotate(&key).await {
            return left_out("versions", absent);
        }
    }
    let (newer, more) = wrapped(service, &key, 4).await;
    secrets.extend(newer);
    items.extend(more);
    items[2].blob.truncate(9);
    let rewrapped = service.rewrap(&key, &key, items).await;
    assert_eq!(rewrapped.len(), 8);
    for (at, (secret, result)) in secrets.iter().zip(rewrapped).enumerate() {
        if at == 2 {
            fails(service, "the cut item", result, Reason::WrongCiphertext);
            continue;
        }
        let wrapped = result.unwrap_or_else(|error| panic!("item {at}: {error}"));
        assert!(wrapped.version.is_none_or(|version| version == 2), "{:?}", wrapped.version);
        opens(service, &key, &acme, &wrapped.blob, secret).await;
    }
}

/// A key that is withheld on either side is named in every item's refusal.
pub async fn a_rewrap_of_a_withheld_key_is_denied(subject: &dyn Subject) {
    let service = &*subject.service();
    for (how, withholds_source) in
        [(Withheld::Disabled, true), (Withheld::Disabled, false), (Withheld::Deleted, false)]
    {
        let (from, to) = (subject.root_key().await, subject.root_key().await);
        let (_, items) = wrapped(service, &from, 6).await;
        let withheld = if withholds_source { &from } else { &to };
        if let Err(absent) = subject.withhold(withheld, how).await {
            left_out(how, absent);
            continue;
        }
        let rewrapped = service.rewrap(&from, &to, items).await;
        assert_eq!(rewrapped.len(), 6);
        for result in rewrapped {
            let error = failure(service, "a withheld key", result);
            assert_eq!(error.reason, how.reason(), "{error}");
            assert_eq!(error.key, withheld.to_string(), "the key that is refused is named");
        }
    }
}

/// Between providers a key passes through Keyward: out of one, into the other, and back.
pub async fn a_key_moves_to_another_provider_and_back(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let acme = context("acme");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (local, place) = other_side(folder.path());
    let (secrets, items) = wrapped(service, &key, 3).await;
    for (secret, item) in secrets.iter().zip(items) {
        let opened = service.unwrap(&key, &acme, &item.blob).await.expect("it opens");
        let moved = local.wrap(&place, &acme, &opened).await.expect("it is wrapped");
        opens(&local, &place, &acme, &moved.blob, secret).await;
        // Either's blob is nothing to the other.
        let mixed = service.unwrap(&key, &acme, &moved.blob).await;
        fails(service, "the other's blob", mixed, Reason::WrongCiphertext);
        let mixed = local.unwrap(&place, &acme, &item.blob).await;
        fails(&local, "the provider's blob", mixed, Reason::WrongCiphertext);
        let opened = local.unwrap(&place, &acme, &moved.blob).await.expect("it opens");
        let back = service.wrap(&key, &acme, &opened).await.expect("it is wrapped");
        opens(service, &key, &acme, &back.blob, secret).await;
    }
}

/// A local key store as the other side, with a key of its own.
fn other_side(folder: &std::path::Path) -> (LocalKeyStore, RootKeyReference) {
    let sealing = SecretKey::new([4; 32]);
    let store = LocalKeyStore::create(folder, sealing, StoreId::from_bytes([2; 16]))
        .expect("a key store is made");
    let name = "the-other-side".parse().expect("a good name");
    let access = [("acme".parse().expect("a good tenant id"), KeyUse::ALL.into())].into();
    store.administration().create_key(&name, access).expect("a key is made");
    (store, name.into())
}
