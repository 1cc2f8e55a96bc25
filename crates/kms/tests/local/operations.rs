//! What the local key store lets be done: by state, by tenant, by context, by version.

use crate::bench::{Bench, access, context, reason, secret};
use chrono::Duration;
use keyward_core::{Code, EncryptionContext, RootKeyReference, reference::LocalKey};
use keyward_kms::{
    ErrorClass, ProviderState, Reason, RewrapItem, RootKeyService, SignatureAlgorithm,
    local::{KeyUse, LocalState},
};

const STATES: [LocalState; 4] =
    [LocalState::Enabled, LocalState::Disabled, LocalState::PendingDeletion, LocalState::Destroyed];

/// A key in a state, with something that it wrapped while it was enabled.
async fn key_in(state: LocalState) -> (Bench, LocalKey, RootKeyReference, Vec<u8>) {
    let (bench, key, reference) = Bench::with_key();
    let wrapped = bench.store.wrap(&reference, &context("acme"), &secret()).await.unwrap();
    let administration = bench.store.administration();
    match state {
        LocalState::Enabled => {}
        LocalState::Disabled => administration.disable(&key).unwrap(),
        LocalState::PendingDeletion | LocalState::Destroyed => {
            administration.schedule_deletion(&key, 7).unwrap();
        }
    }
    if state == LocalState::Destroyed {
        bench.pass(Duration::days(7));
    }
    (bench, key, reference, wrapped.blob)
}

/// Rows: operations; columns: the states in the order of `STATES`.
#[tokio::test]
async fn every_operation_in_every_state() {
    const OK: Option<Reason> = None;
    const OFF: Option<Reason> = Some(Reason::Disabled);
    const GOING: Option<Reason> = Some(Reason::PendingDeletion);
    const GONE: Option<Reason> = Some(Reason::NotFound);
    let table = [
        ("describe", [OK, OK, OK, GONE]),
        ("tags", [OK, OK, OK, GONE]),
        ("generate", [OK, OFF, GOING, GONE]),
        ("wrap", [OK, OFF, GOING, GONE]),
        ("unwrap", [OK, OFF, GOING, GONE]),
        ("rewrap", [OK, OFF, GOING, GONE]),
        ("rewrap many", [OK, OFF, GOING, GONE]),
        ("rotate", [OK, OFF, GOING, GONE]),
        ("disable", [OK, OK, GOING, GONE]),
        ("enable", [OK, OK, GOING, GONE]),
        ("schedule deletion", [OK, OK, GOING, GONE]),
        ("cancel deletion", [OK, OK, OK, GONE]),
        ("allow", [OK, OK, GOING, GONE]),
        ("deny", [OK, OK, GOING, GONE]),
        ("tag", [OK, OK, GOING, GONE]),
        ("untag", [OK, OK, GOING, GONE]),
        ("rotation period", [OK, OK, GOING, GONE]),
        ("inspect", [OK, OK, OK, GONE]),
        ("create", [Some(Reason::AlreadyExists); 4]),
    ];
    for (operation, expected) in table {
        for (state, expected) in STATES.into_iter().zip(expected) {
            let (bench, key, reference, blob) = key_in(state).await;
            let store = &bench.store;
            let administration = store.administration();
            let (acme, other) = ("acme".parse().unwrap(), "other".parse().unwrap());
            let context = context("acme");
            let item = RewrapItem { context: context.clone(), blob: blob.clone() };
            let got = match operation {
                "describe" => reason(store.describe(&reference).await),
                "tags" => reason(store.tags(&reference).await),
                "generate" => reason(store.generate(&reference, &context).await),
                "wrap" => reason(store.wrap(&reference, &context, &secret()).await),
                "unwrap" => reason(store.unwrap(&reference, &context, &blob).await),
                "rewrap" => {
                    reason(store.rewrap(&reference, &reference, vec![item]).await.remove(0))
                }
                "rewrap many" => {
                    let items = vec![item; 1_000];
                    let results = store.rewrap(&reference, &reference, items.clone()).await;
                    assert_eq!(results.len(), items.len());
                    let reasons: Vec<_> = results.into_iter().map(reason).collect();
                    assert!(reasons.windows(2).all(|pair| pair[0] == pair[1]));
                    reasons[0]
                }
                "rotate" => reason(store.rotate(&reference).await),
                "disable" => reason(store.set_enabled(&reference, false).await),
                "enable" => reason(store.set_enabled(&reference, true).await),
                "schedule deletion" => reason(administration.schedule_deletion(&key, 30)),
                "cancel deletion" => reason(administration.cancel_deletion(&key)),
                "allow" => reason(administration.allow(&key, &other, &KeyUse::ALL)),
                "deny" => reason(administration.deny(&key, &acme)),
                "tag" => reason(administration.tag(&key, "a", "b")),
                "untag" => reason(administration.untag(&key, "a")),
                "rotation period" => reason(administration.set_rotation_period(&key, Some(90))),
                "inspect" => reason(administration.describe(&key)),
                "create" => reason(administration.create_key(&key, access("acme"))),
                other => unreachable!("{other}"),
            };
            assert_eq!(got, expected, "{operation} of a key that is {state:?}");
        }
    }
}

#[tokio::test]
async fn a_key_belongs_to_whom_its_list_says_and_for_what() {
    let (bench, key, reference) = Bench::with_key();
    let (store, administration) = (&bench.store, bench.store.administration());
    let wrapped = store.wrap(&reference, &context("acme"), &secret()).await.unwrap().blob;
    let denied = Some(Reason::AccessDenied);
    for stranger in [context("other"), EncryptionContext::empty()] {
        assert_eq!(reason(store.wrap(&reference, &stranger, &secret()).await), denied);
        assert_eq!(reason(store.generate(&reference, &stranger).await), denied);
        assert_eq!(reason(store.unwrap(&reference, &stranger, &wrapped).await), denied);
        let item = RewrapItem { context: stranger, blob: wrapped.clone() };
        assert_eq!(
            reason(store.rewrap(&reference, &reference, vec![item]).await.remove(0)),
            denied
        );
    }
    // Once it is let in too, another tenant still can't open what isn't its own.
    let other = "other".parse().unwrap();
    administration.allow(&key, &other, &[KeyUse::Unwrap]).unwrap();
    let rejected = store.unwrap(&reference, &context("other"), &wrapped).await;
    assert_eq!(reason(rejected), Some(Reason::WrongCiphertext));
    assert_eq!(reason(store.wrap(&reference, &context("other"), &secret()).await), denied);
    administration.allow(&key, &other, &[KeyUse::Wrap]).unwrap();
    assert_eq!(reason(store.wrap(&reference, &context("other"), &secret()).await), None);
    assert_eq!(reason(store.unwrap(&reference, &context("other"), &wrapped).await), denied);
    administration.deny(&key, &"acme".parse().unwrap()).unwrap();
    assert_eq!(reason(store.unwrap(&reference, &context("acme"), &wrapped).await), denied);
    // Who may not use the key doesn't learn how it is.
    administration.disable(&key).unwrap();
    assert_eq!(reason(store.unwrap(&reference, &context("acme"), &wrapped).await), denied);
}

#[tokio::test]
async fn what_was_wrapped_in_one_context_opens_in_no_other() {
    let (bench, _, reference) = Bench::with_key();
    let mut wrapped_in = context("acme");
    wrapped_in.insert("purpose", "invoices").unwrap();
    let blob = bench.store.wrap(&reference, &wrapped_in, &secret()).await.unwrap().blob;
    let mut more = wrapped_in.clone();
    more.insert("x", "").unwrap();
    let mut other = context("acme");
    other.insert("purpose", "invoices ").unwrap();
    for wrong in [context("acme"), more, other] {
        let rejected = bench.store.unwrap(&reference, &wrong, &blob).await.unwrap_err();
        assert_eq!(rejected.reason, Reason::WrongCiphertext);
        assert_eq!(rejected.class(), ErrorClass::Rejected);
    }
    let opened = bench.store.unwrap(&reference, &wrapped_in, &blob).await.unwrap();
    assert_eq!(opened.expose(), secret().expose());
}

#[tokio::test]
async fn a_blob_changed_in_any_byte_does_not_open() {
    let (bench, key, reference) = Bench::with_key();
    bench.store.administration().rotate(&key).unwrap();
    let context = context("acme");
    let blob = bench.store.wrap(&reference, &context, &secret()).await.unwrap().blob;
    let mut wrong: Vec<Vec<u8>> = (0..blob.len()).map(|length| blob[..length].to_vec()).collect();
    wrong.push([&blob[..], &[0]].concat());
    for at in 0..blob.len() {
        for bit in 0..8 {
            let mut flipped = blob.clone();
            flipped[at] ^= 1 << bit;
            wrong.push(flipped);
        }
    }
    for blob in wrong {
        let rejected = bench.store.unwrap(&reference, &context, &blob).await;
        assert_eq!(reason(rejected), Some(Reason::WrongCiphertext), "{blob:02x?}");
    }
}

#[tokio::test]
async fn older_versions_unwrap_after_rotations() {
    let (bench, _, reference) = Bench::with_key();
    let (store, context) = (&bench.store, context("acme"));
    let mut blobs = Vec::new();
    for version in 1..=5 {
        let wrapped = store.wrap(&reference, &context, &secret()).await.unwrap();
        assert_eq!(wrapped.version, Some(version));
        blobs.push(wrapped.blob);
        bench.pass(Duration::days(1));
        assert_eq!(store.rotate(&reference).await, Ok(version + 1));
    }
    for blob in &blobs {
        let opened = store.unwrap(&reference, &context, blob).await.unwrap();
        assert_eq!(opened.expose(), secret().expose());
    }
    let description = store.describe(&reference).await.unwrap();
    assert_eq!(description.version, 6);
    assert_eq!(description.identity, format!("local:{}:acme-root", "ab".repeat(16)));
    let after = description.rotated_at.unwrap() - description.created_at.unwrap();
    assert_eq!(after, Duration::days(5));
    // A version that isn't there yet, or never will be.
    for version in [0_u32, 7, u32::MAX] {
        let mut blob = blobs[0].clone();
        blob[1..5].copy_from_slice(&version.to_be_bytes());
        let rejected = store.unwrap(&reference, &context, &blob).await;
        assert_eq!(reason(rejected), Some(Reason::WrongCiphertext));
    }
}

#[tokio::test]
async fn rewrap_judges_each_item_and_keeps_their_order() {
    let (bench, _, from) = Bench::with_key();
    let store = &bench.store;
    let to: LocalKey = "acme-next".parse().unwrap();
    store.administration().create_key(&to, access("acme")).unwrap();
    let to = RootKeyReference::from(to);
    let mut items = Vec::new();
    for number in 0..1_000_u32 {
        let mut context = context(if number % 10 == 3 { "other" } else { "acme" });
        context.insert("number", &number.to_string()).unwrap();
        let mut blob = match number % 10 {
            3 => vec![1; 77],
            _ => store.wrap(&from, &context, &secret()).await.unwrap().blob,
        };
        if number % 10 == 7 {
            blob[40] ^= 1;
        }
        items.push(RewrapItem { context, blob });
    }
    let results = store.rewrap(&from, &to, items.clone()).await;
    assert_eq!(results.len(), items.len());
    for ((number, item), result) in items.iter().enumerate().zip(results) {
        match number % 10 {
            3 => assert_eq!(reason(result), Some(Reason::AccessDenied)),
            7 => assert_eq!(reason(result), Some(Reason::WrongCiphertext)),
            _ => {
                let blob = result.unwrap().blob;
                let opened = store.unwrap(&to, &item.context, &blob).await.unwrap();
                assert_eq!(opened.expose(), secret().expose());
                let elsewhere = store.unwrap(&from, &item.context, &blob).await;
                assert_eq!(reason(elsewhere), Some(Reason::WrongCiphertext));
            }
        }
    }
    assert!(store.rewrap(&from, &to, vec![]).await.is_empty());
}

#[tokio::test]
async fn no_two_wraps_are_alike() {
    let (bench, _, reference) = Bench::with_key();
    let item = RewrapItem {
        context: context("acme"),
        blob: bench.store.wrap(&reference, &context("acme"), &secret()).await.unwrap().blob,
    };
    let results = bench.store.rewrap(&reference, &reference, vec![item; 500]).await;
    let blobs: std::collections::BTreeSet<_> =
        results.into_iter().map(|result| result.unwrap().blob).collect();
    assert_eq!(blobs.len(), 500);
}

#[tokio::test]
async fn a_deletion_can_be_cancelled_until_its_date_and_never_after() {
    let (bench, key, reference) = Bench::with_key();
    let (store, administration) = (&bench.store, bench.store.administration());
    for days in [0, 6, 31, u32::MAX] {
        let refused = administration.schedule_deletion(&key, days).unwrap_err();
        assert_eq!(refused.code(), Code::InvalidInput, "{days}: {refused}");
    }
    let at = administration.schedule_deletion(&key, 7).unwrap();
    let description = store.describe(&reference).await.unwrap();
    assert_eq!(description.state, ProviderState::PendingDeletion);
    assert_eq!(description.deletion_at, Some(at));
    bench.pass(Duration::days(7) - Duration::seconds(1));
    administration.cancel_deletion(&key).unwrap();
    // Disabled first: that it may be used again is for its owner to say.
    assert_eq!(store.describe(&reference).await.unwrap().state, ProviderState::Disabled);
    administration.enable(&key).unwrap();
    assert_eq!(reason(store.wrap(&reference, &context("acme"), &secret()).await), None);

    administration.schedule_deletion(&key, 7).unwrap();
    bench.pass(Duration::days(7));
    assert_eq!(reason(store.describe(&reference).await), Some(Reason::NotFound));
    assert_eq!(reason(administration.cancel_deletion(&key)), Some(Reason::NotFound));
    // The clock set back revives nothing: the material is gone.
    bench.pass(-Duration::days(6));
    assert_eq!(reason(store.describe(&reference).await), Some(Reason::NotFound));
    let file = crate::bench::read_json(&bench.folder.path().join("acme-root.json"));
    assert_eq!(file["key"]["state"], "destroyed");
    // A nonce and a tag, and nothing between them: 40 bytes.
    assert_eq!(file["sealed"].as_str().unwrap().len(), 56);
    let records = administration.list().unwrap();
    assert_eq!(records[0].as_ref().unwrap().state, LocalState::Destroyed);
}

#[tokio::test]
async fn a_key_rotates_by_itself_when_its_period_is_over() {
    let (bench, key, reference) = Bench::with_key();
    let (store, administration) = (&bench.store, bench.store.administration());
    for days in [0, 3651] {
        assert!(administration.set_rotation_period(&key, Some(days)).is_err());
    }
    administration.set_rotation_period(&key, Some(90)).unwrap();
    let context = context("acme");
    let wrapped = store.wrap(&reference, &context, &secret()).await.unwrap();
    bench.pass(Duration::days(90) - Duration::seconds(1));
    let before = store.describe(&reference).await.unwrap();
    assert_eq!((before.version, before.rotates_every_days), (1, Some(90)));
    bench.pass(Duration::seconds(1));
    assert_eq!(store.wrap(&reference, &context, &secret()).await.unwrap().version, Some(2));
    assert_eq!(store.wrap(&reference, &context, &secret()).await.unwrap().version, Some(2));
    assert!(store.unwrap(&reference, &context, &wrapped.blob).await.is_ok());
    // A disabled key doesn't rotate; one whose period has ended doesn't either.
    administration.disable(&key).unwrap();
    bench.pass(Duration::days(100));
    assert_eq!(store.describe(&reference).await.unwrap().version, 2);
    administration.set_rotation_period(&key, None).unwrap();
    administration.enable(&key).unwrap();
    assert_eq!(store.describe(&reference).await.unwrap().version, 2);
}

#[tokio::test]
async fn tags_are_kept_within_their_limits() {
    let (bench, key, reference) = Bench::with_key();
    let administration = bench.store.administration();
    administration.tag(&key, "keyward:challenge", "Grüße \"\\ 🦀").unwrap();
    administration.tag(&key, "b", "1").unwrap();
    administration.tag(&key, "b", "2").unwrap();
    administration.untag(&key, "c").unwrap();
    let tags = bench.store.tags(&reference).await.unwrap();
    assert_eq!(tags.len(), 2);
    assert_eq!((&*tags["keyward:challenge"], &*tags["b"]), ("Grüße \"\\ 🦀", "2"));
    let long = "x".repeat(257);
    for (name, value) in [("", "v"), ("é", "v"), (&*long, "v"), ("n", &*long), ("n", "a\nb")] {
        let refused = administration.tag(&key, name, value).unwrap_err();
        assert_eq!(refused.code(), Code::InvalidInput, "{name:?}: {value:?}");
    }
    for number in 0..48 {
        administration.tag(&key, &format!("t{number}"), "").unwrap();
    }
    assert!(administration.tag(&key, "one-too-many", "").is_err());
    administration.tag(&key, "b", "3").unwrap();
}

#[tokio::test]
async fn a_software_key_neither_signs_nor_answers_for_others() {
    let (bench, _, reference) = Bench::with_key();
    let store = &bench.store;
    assert_eq!(reason(store.public_key(&reference).await), Some(Reason::Unsupported));
    let signed = store.sign(&reference, SignatureAlgorithm::RsaPssSha256, b"").await;
    assert_eq!(reason(signed), Some(Reason::Unsupported));
    let foreign: RootKeyReference =
        "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
            .parse()
            .unwrap();
    assert_eq!(reason(store.describe(&foreign).await), Some(Reason::Malformed));
    let missing: RootKeyReference = "local:missing".parse().unwrap();
    assert_eq!(reason(store.describe(&missing).await), Some(Reason::NotFound));
    assert_eq!(reason(store.rotate(&missing).await), Some(Reason::NotFound));
}
