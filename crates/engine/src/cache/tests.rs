//! The cache by itself: lifetimes, epochs, single flight, eviction, the grant window.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

impl KeyCache {
    /// As for a tenant that has nothing of its own.
    fn lifetimes(&self) -> Lifetimes {
        self.settings.of(&Serving::default())
    }
}

/// Without a grant window.
fn settings(lifetime: Duration) -> CacheSettings {
    CacheSettings { lifetime, grant: Duration::ZERO, capacity: 10 }
}

fn key(version: u32) -> DataKeyId {
    DataKeyId { tenant: "acme".parse().unwrap(), dataset: "docs".parse().unwrap(), version }
}

async fn unwrap(calls: &AtomicUsize) -> Result<SecretKey, EngineError> {
    tokio::time::sleep(Duration::from_millis(20)).await;
    calls.fetch_add(1, Ordering::SeqCst);
    Ok(SecretKey::new([1; 32]))
}

#[tokio::test]
async fn a_thousand_readers_cost_one_call() {
    let cache = KeyCache::new(CacheSettings::default());
    let calls = AtomicUsize::new(0);
    let key = key(1);
    let all = (0..1000).map(|_| cache.get_or_unwrap(&key, 1, cache.lifetimes(), unwrap(&calls)));
    let fresh = futures::future::join_all(all)
        .await
        .into_iter()
        .filter(|one| !one.as_ref().unwrap().cached);
    assert_eq!(fresh.count(), 1);
    assert_eq!(calls.into_inner(), 1);
}

#[tokio::test]
async fn a_lifetime_does_not_slide() {
    let settings = settings(Duration::from_millis(150));
    let cache = KeyCache::new(settings);
    let calls = AtomicUsize::new(0);
    let key = key(1);
    for _ in 0..12 {
        cache.get_or_unwrap(&key, 1, cache.lifetimes(), unwrap(&calls)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert!(calls.into_inner() >= 2, "reads every 25 ms must not keep a 150 ms entry alive");
}

#[tokio::test]
async fn eviction_and_epochs_hide_and_wipe() {
    let cache = KeyCache::new(CacheSettings::default());
    let calls = AtomicUsize::new(0);
    let key = key(1);
    cache.get_or_unwrap(&key, 1, cache.lifetimes(), unwrap(&calls)).await.unwrap();
    cache.get_or_unwrap(&key, 2, cache.lifetimes(), unwrap(&calls)).await.unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 2, "another epoch is another entry");
    assert_eq!(cache.evict_tenant(&key.tenant), 2);
    assert_eq!(cache.held().0, 0, "evicted keys are wiped at once");
    cache.get_or_unwrap(&key, 2, cache.lifetimes(), unwrap(&calls)).await.unwrap();
    assert_eq!(calls.into_inner(), 3);
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let cache = KeyCache::new(CacheSettings::default());
    let key = key(1);
    let refused = cache
        .get_or_unwrap(&key, 1, cache.lifetimes(), async {
            Err(EngineError::ObjectNotFound { name: "x".into() })
        })
        .await;
    assert!(refused.is_err());
    assert!(
        cache.get_or_unwrap(&key, 1, cache.lifetimes(), unwrap(&AtomicUsize::new(0))).await.is_ok()
    );
}

#[tokio::test]
async fn bounded_and_off_at_zero() {
    let cache = KeyCache::new(settings(Duration::ZERO));
    let calls = AtomicUsize::new(0);
    cache.get_or_unwrap(&key(1), 1, cache.lifetimes(), unwrap(&calls)).await.unwrap();
    cache.evict_tenant(&key(1).tenant);
    assert_eq!(cache.held().0, 0);
    let cache = KeyCache::new(settings(Duration::from_secs(60)));
    for version in 1..=100 {
        cache.get_or_unwrap(&key(version), 1, cache.lifetimes(), unwrap(&calls)).await.unwrap();
    }
    assert!(cache.held().0 <= 10);
}

#[tokio::test]
async fn an_entry_is_wiped_at_its_end_without_another_call() {
    let settings = settings(Duration::from_millis(50));
    let cache = KeyCache::new(settings);
    cache.insert(&key(1), 1, cache.lifetimes(), &SecretKey::new([1; 32]));
    assert_eq!(cache.held().0, 1);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(cache.held().0, 0);
}

#[tokio::test]
async fn what_is_evicted_while_it_is_unwrapped_is_not_kept() {
    let cache = KeyCache::new(CacheSettings::default());
    let calls = AtomicUsize::new(0);
    let key = key(1);
    let (opened, _) =
        futures::join!(cache.get_or_unwrap(&key, 1, cache.lifetimes(), unwrap(&calls)), async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            cache.evict_tenant(&key.tenant);
        });
    drop(opened.unwrap());
    assert_eq!(cache.held().0, 0);
}

#[tokio::test]
async fn a_cancelled_unwrap_leaves_the_slot_to_the_next() {
    let cache = KeyCache::new(CacheSettings::default());
    let calls = AtomicUsize::new(0);
    let key = key(1);
    let asking = cache.get_or_unwrap(&key, 1, cache.lifetimes(), std::future::pending());
    let cancelled = tokio::time::timeout(Duration::from_millis(5), asking);
    let waits = cache.get_or_unwrap(&key, 1, cache.lifetimes(), unwrap(&calls));
    let (cancelled, waited) = futures::join!(cancelled, waits);
    assert!(cancelled.is_err());
    waited.unwrap();
    assert_eq!(calls.into_inner(), 1);
}

/// A fifth of a second, and two fifths more.
fn granting() -> KeyCache {
    let (lifetime, grant) = (Duration::from_millis(200), Duration::from_millis(400));
    KeyCache::new(CacheSettings { lifetime, grant, capacity: 10 })
}

async fn wait(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

async fn fails(cache: &KeyCache) {
    let lifetimes = cache.lifetimes();
    let failed = async { Err(EngineError::ObjectNotFound { name: "x".into() }) };
    assert!(cache.get_or_unwrap(&key(1), 1, lifetimes, failed).await.is_err());
}

#[tokio::test]
async fn a_key_past_its_lifetime_is_given_out_for_the_grant_window_alone() {
    let cache = granting();
    let calls = AtomicUsize::new(0);
    cache.insert(&key(1), 1, cache.lifetimes(), &SecretKey::new([1; 32]));
    wait(250).await;
    assert!(cache.held_key(&key(1), 1).is_none(), "its lifetime is over");
    let granted = cache.granted(&key(1), 1).unwrap();
    assert!(granted.ended >= Duration::from_millis(50));
    assert!(granted.left <= Duration::from_millis(350));
    assert_eq!(cache.on_grant().len(), 1);
    drop(granted);
    let opened = cache.get_or_unwrap(&key(1), 1, cache.lifetimes(), unwrap(&calls)).await.unwrap();
    assert!(!opened.cached, "the provider is asked first, always");
    assert!(cache.on_grant().is_empty());
}

#[tokio::test]
async fn a_failed_refresh_extends_nothing() {
    let cache = granting();
    let began = Instant::now();
    cache.insert(&key(1), 1, cache.lifetimes(), &SecretKey::new([1; 32]));
    wait(210).await;
    let mut granted = 0;
    loop {
        fails(&cache).await;
        match cache.granted(&key(1), 1) {
            Some(_) => granted += 1,
            None => break,
        }
        wait(20).await;
    }
    let lasted = began.elapsed();
    assert!(granted > 0);
    assert!(lasted < Duration::from_millis(800), "it ends although nobody answers: {lasted:?}");
    wait(200).await;
    assert_eq!(cache.held().0, 0, "and is wiped");
}

#[tokio::test]
async fn eviction_ends_a_grant_at_once() {
    let cache = granting();
    cache.insert(&key(1), 1, cache.lifetimes(), &SecretKey::new([1; 32]));
    wait(250).await;
    assert_eq!(cache.evict_tenant(&key(1).tenant), 1);
    assert!(cache.granted(&key(1), 1).is_none());
    assert_eq!(cache.held().0, 0);
}

#[tokio::test]
async fn a_lifetime_of_nothing_asks_each_time_and_keeps_for_the_grant_alone() {
    let cache = KeyCache::new(CacheSettings { lifetime: Duration::ZERO, ..<_>::default() });
    let calls = AtomicUsize::new(0);
    for _ in 0..3 {
        cache.get_or_unwrap(&key(1), 1, cache.lifetimes(), unwrap(&calls)).await.unwrap();
    }
    assert_eq!(calls.into_inner(), 3);
    assert!(cache.granted(&key(1), 1).is_some());
    assert_eq!(cache.held().0, 1, "one copy, the newest");
}

#[tokio::test]
async fn other_epochs_are_evicted_and_newcomers_told() {
    let cache = granting();
    let other = DataKeyId { tenant: "other".parse().unwrap(), ..key(1) };
    cache.insert(&key(1), 1, cache.lifetimes(), &SecretKey::new([1; 32]));
    let (tenants, moment) = cache.came_in_since(0);
    assert_eq!(tenants.len(), 1);
    cache.insert(&other, 7, cache.lifetimes(), &SecretKey::new([1; 32]));
    let (tenants, moment) = cache.came_in_since(moment);
    assert_eq!(tenants.into_iter().collect::<Vec<_>>(), std::slice::from_ref(&other.tenant));
    assert!(cache.came_in_since(moment).0.is_empty());
    let epochs = [(key(1).tenant, Some(1)), (other.tenant.clone(), Some(8))].into();
    assert_eq!(cache.evict_other_epochs(&epochs), 1);
    assert_eq!(cache.evict_other_epochs(&[(key(1).tenant, None)].into()), 1);
    assert!(cache.is_empty());
}
