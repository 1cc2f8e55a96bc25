//! Calls that are given up, and calls that come all at once.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::timeout};

use super::{Subject, context, opens, own_secret, wrapped};

/// Unwraps at once.
const AT_ONCE: usize = 1_000;
/// Keys that they are of.
const KEYS: usize = 20;

/// Calls dropped at any moment leave nothing behind: the next ones work, and answer what was asked.
pub async fn a_cancelled_call_leaves_nothing(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let (acme, secret) = (context("acme"), own_secret());
    let (secrets, items) = wrapped(service, &key, 2).await;
    let open = async |at: usize| opens(service, &key, &acme, &items[at].blob, &secrets[at]).await;
    for step in 0..40_u64 {
        // From before the call is begun to after it has ended.
        let patience = Duration::from_micros(step * step * 10);
        let _ = timeout(patience, service.unwrap(&key, &acme, &items[0].blob)).await;
        let _ = timeout(patience, service.wrap(&key, &acme, &secret)).await;
        let _ = timeout(patience, service.rewrap(&key, &key, items.clone())).await;
        let _ = timeout(patience, service.describe(&key)).await;
        open(1).await;
    }
    open(0).await;
}

/// A thousand at once: each gets its own key, and none is refused.
pub async fn a_thousand_unwrap_at_once(subject: &dyn Subject) {
    let service = subject.service();
    let key = subject.root_key().await;
    let (secrets, items) = wrapped(&*service, &key, KEYS).await;
    let (key, secrets, items) = (Arc::new(key), Arc::new(secrets), Arc::new(items));
    let mut calls = JoinSet::new();
    for call in 0..AT_ONCE {
        let (service, key) = (Arc::clone(&service), Arc::clone(&key));
        let (secrets, items) = (Arc::clone(&secrets), Arc::clone(&items));
        calls.spawn(async move {
            let at = call % KEYS;
            opens(&*service, &key, &items[at].context, &items[at].blob, &secrets[at]).await;
        });
    }
    let done = calls.join_all().await;
    assert_eq!(done.len(), AT_ONCE);
}
