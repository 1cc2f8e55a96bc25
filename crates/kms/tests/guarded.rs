//! The limits on a provider's calls: attempts, hints, shares, caps, and the breaker, by calls that are counted.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use keyward_core::{EncryptionContext, Provider, RootKeyReference, SecretKey, TenantId};
use keyward_kms::{
    Caps, Description, Guarded, KmsError, Limits, PublicKey, Reason, RewrapItem, RootKeyService,
    SignatureAlgorithm, WrappedKey,
};

/// Fails by a list of reasons, and answers once that is through.
#[derive(Default)]
struct Scripted {
    fails: Mutex<VecDeque<Reason>>,
    calls: AtomicU32,
}

impl Scripted {
    fn then(&self, reasons: impl IntoIterator<Item = Reason>) {
        *self.fails.lock().unwrap() = reasons.into_iter().collect();
        self.calls.store(0, Ordering::SeqCst);
    }

    fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    fn next(&self) -> Result<(), KmsError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        match self.fails.lock().unwrap().pop_front() {
            None => Ok(()),
            Some(reason) => Err(KmsError {
                provider: Provider::AwsKms,
                key: "scripted".into(),
                reason,
                provider_code: None,
            }),
        }
    }
}

#[async_trait]
impl RootKeyService for Scripted {
    fn provider(&self) -> Provider {
        Provider::AwsKms
    }

    async fn describe(&self, _: &RootKeyReference) -> Result<Description, KmsError> {
        unreachable!("not asked here")
    }

    async fn generate(
        &self,
        _: &RootKeyReference,
        _: &EncryptionContext,
    ) -> Result<(SecretKey, WrappedKey), KmsError> {
        unreachable!("not asked here")
    }

    async fn wrap(
        &self,
        _: &RootKeyReference,
        _: &EncryptionContext,
        _: &SecretKey,
    ) -> Result<WrappedKey, KmsError> {
        unreachable!("not asked here")
    }

    async fn unwrap(
        &self,
        _: &RootKeyReference,
        _: &EncryptionContext,
        _: &[u8],
    ) -> Result<SecretKey, KmsError> {
        self.next().map(|()| SecretKey::new([1; 32]))
    }

    async fn rewrap(
        &self,
        _: &RootKeyReference,
        _: &RootKeyReference,
        items: Vec<RewrapItem>,
    ) -> Vec<Result<WrappedKey, KmsError>> {
        let wrapped = |item: RewrapItem| WrappedKey { blob: item.blob, version: None };
        items.into_iter().map(|item| self.next().map(|()| wrapped(item))).collect()
    }

    async fn rotate(&self, _: &RootKeyReference) -> Result<u32, KmsError> {
        self.next().map(|()| 2)
    }

    async fn set_enabled(&self, _: &RootKeyReference, _: bool) -> Result<(), KmsError> {
        self.next()
    }

    async fn tags(&self, _: &RootKeyReference) -> Result<BTreeMap<String, String>, KmsError> {
        unreachable!("not asked here")
    }

    async fn public_key(&self, _: &RootKeyReference) -> Result<PublicKey, KmsError> {
        unreachable!("not asked here")
    }

    async fn sign(
        &self,
        _: &RootKeyReference,
        _: SignatureAlgorithm,
        _: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        unreachable!("not asked here")
    }
}

struct Scene {
    inner: Arc<Scripted>,
    guarded: Guarded,
    caps: Caps,
    key: RootKeyReference,
    tenant: TenantId,
}

impl Scene {
    fn new(limits: Limits) -> Self {
        let (inner, caps) = (Arc::new(Scripted::default()), Caps::default());
        let guarded = Guarded::new(inner.clone(), limits, caps.clone());
        let key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let (key, tenant) = (key.parse().unwrap(), "acme".parse().unwrap());
        Self { inner, guarded, caps, key, tenant }
    }

    async fn unwrap(&self) -> Result<(), Reason> {
        let context = EncryptionContext::for_tenant(&self.tenant);
        let unwrapped = self.guarded.unwrap(&self.key, &context, &[1]).await;
        unwrapped.map(drop).map_err(|error| error.reason)
    }

    fn items(&self, count: u8) -> Vec<RewrapItem> {
        let context = EncryptionContext::for_tenant(&self.tenant);
        (0..count).map(|n| RewrapItem { context: context.clone(), blob: vec![n] }).collect()
    }
}

fn quick() -> Limits {
    Limits { backoff: Duration::from_millis(1), ..Limits::default() }
}

const THROTTLED: Reason = Reason::Throttled { retry_after: None };

fn hinted(milliseconds: u64) -> Reason {
    Reason::Throttled { retry_after: Some(Duration::from_millis(milliseconds)) }
}

#[tokio::test]
async fn what_is_throttled_is_tried_again_after_the_hint() {
    let scene = Scene::new(quick());
    scene.inner.then([THROTTLED, hinted(120)]);
    let began = Instant::now();
    scene.unwrap().await.unwrap();
    assert_eq!(scene.inner.calls(), 3);
    assert!(began.elapsed() >= Duration::from_millis(120));

    scene.inner.then([THROTTLED; 9]);
    assert_eq!(scene.unwrap().await, Err(THROTTLED));
    assert_eq!(scene.inner.calls(), 4, "and not for ever");

    scene.inner.then([hinted(60_000)]);
    assert_eq!(scene.unwrap().await, Err(hinted(60_000)), "who waits is told, and not kept");
    assert_eq!(scene.inner.calls(), 1);
}

#[tokio::test]
async fn a_denial_is_never_tried_again_and_neither_is_what_may_have_happened() {
    let scene = Scene::new(quick());
    for reason in
        [Reason::AccessDenied, Reason::Disabled, Reason::WrongCiphertext, Reason::Malformed]
    {
        scene.inner.then([reason]);
        assert_eq!(scene.unwrap().await, Err(reason));
        assert_eq!(scene.inner.calls(), 1, "{reason:?}");
    }
    scene.inner.then([Reason::NoConnection]);
    scene.unwrap().await.unwrap();
    assert_eq!(scene.inner.calls(), 2, "what didn't connect is tried once more");
    scene.inner.then([Reason::NoConnection]);
    scene.guarded.rotate(&scene.key).await.unwrap_err();
    assert_eq!(scene.inner.calls(), 1, "it may have been rotated");
    scene.inner.then([Reason::TimedOut]);
    assert_eq!(scene.unwrap().await, Err(Reason::TimedOut));
    assert_eq!(scene.inner.calls(), 1, "one time limit is long enough");
}

#[tokio::test]
async fn nobody_asks_an_endpoint_that_does_not_answer_but_one_now_and_then() {
    let scene = Scene::new(quick());
    scene.inner.then([Reason::TimedOut; 5]);
    for _ in 0..5 {
        scene.unwrap().await.unwrap_err();
    }
    let began = Instant::now();
    for _ in 0..100 {
        assert_eq!(scene.unwrap().await, Err(Reason::TimedOut), "still unreachable, by its class");
    }
    assert!(began.elapsed() < Duration::from_millis(500));
    assert_eq!(scene.inner.calls(), 5);
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    scene.unwrap().await.unwrap();
    assert_eq!(scene.inner.calls(), 6, "and then everybody again");
    scene.unwrap().await.unwrap();
}

#[tokio::test]
async fn a_refusal_is_an_answer() {
    let scene = Scene::new(quick());
    let four = [Reason::TimedOut; 4].into_iter();
    scene.inner.then(four.clone().chain([Reason::AccessDenied]).chain(four));
    for _ in 0..9 {
        scene.unwrap().await.unwrap_err();
    }
    assert_eq!(scene.inner.calls(), 9, "never five in a row");
}

#[tokio::test]
async fn a_rewrap_leaves_reads_their_share() {
    let scene = Scene::new(Limits { per_second: 200, ..quick() });
    let bulk = async {
        for _ in 0..6 {
            let done = scene.guarded.rewrap(&scene.key, &scene.key, scene.items(50)).await;
            assert!(done.iter().all(Result::is_ok));
        }
    };
    let reads = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..50 {
            let began = Instant::now();
            scene.unwrap().await.unwrap();
            slowest = slowest.max(began.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        slowest
    };
    let began = Instant::now();
    let bulk = async {
        bulk.await;
        began.elapsed()
    };
    let (took, slowest) = futures_join(bulk, reads).await;
    assert!(took >= Duration::from_millis(2_000), "300 items at 100 a second: {took:?}");
    assert!(slowest < Duration::from_millis(600), "{slowest:?}");
}

#[tokio::test]
async fn throttled_items_of_a_batch_are_tried_again_alone_and_in_their_places() {
    let scene = Scene::new(quick());
    scene.inner.then([THROTTLED, Reason::WrongCiphertext, THROTTLED]);
    let done = scene.guarded.rewrap(&scene.key, &scene.key, scene.items(4)).await;
    let blobs: Vec<_> = done.iter().map(|one| one.as_ref().ok().map(|key| key.blob[0])).collect();
    assert_eq!(blobs, [Some(0), None, Some(2), Some(3)]);
    assert_eq!(scene.inner.calls(), 6);
}

#[tokio::test]
async fn a_tenants_calls_can_be_capped() {
    let scene = Scene::new(Limits { patience: Duration::from_millis(300), ..quick() });
    scene.caps.set(&scene.tenant, Some(10));
    let mut refused = 0;
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(50) && refused == 0 {
        let calls = (0..10).map(|_| scene.unwrap());
        refused = futures_all(calls).await.into_iter().filter(Result::is_err).count();
    }
    assert!(refused > 0, "more than its cap is refused as throttled, by its name");
    scene.caps.set(&scene.tenant, None);
    scene.unwrap().await.unwrap();
}

#[tokio::test]
async fn local_keys_pass_unguarded() {
    let scene = Scene::new(Limits { per_second: 1, ..quick() });
    let local: RootKeyReference = "local:acme".parse().unwrap();
    let context = EncryptionContext::for_tenant(&scene.tenant);
    scene.inner.then([Reason::TimedOut; 20]);
    for _ in 0..20 {
        scene.guarded.unwrap(&local, &context, &[1]).await.unwrap_err();
    }
    assert_eq!(scene.inner.calls(), 20);
}

async fn futures_join<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    tokio::join!(a, b)
}

async fn futures_all<F: Future>(calls: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = calls.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (call, done) in all.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = call.as_mut().poll(context)
            {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) {
            return std::task::Poll::Ready(());
        }
        std::task::Poll::Pending
    })
    .await;
    done.into_iter().flatten().collect()
}
