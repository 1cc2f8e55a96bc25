//! Works on a workspace until it is killed: `crash_worker FOLDER SEED NAME`. Several may work on one.
//!
//! 64 tasks at once, half of them for each tenant. Most write, replace, read and delete objects, each its
//! own; some rotate, rewrap, rekey, revoke and restore; some start challenges and answer them, rightly
//! and wrongly; some ask for what they may not have. Each result and each refusal is printed once the
//! engine has released it, so that whoever kills this process knows what must be there afterwards.

use std::{collections::BTreeMap, io::Write, path::PathBuf, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_core::{DatasetName, ObjectName, Role, TenantId};
use keyward_engine::{
    Answer, ChallengeKind, ChallengeView, EngineError, OperationContext, RewrapOptions,
    RewrapProgress, RootKeyRotation, Source,
};
use keyward_kms::RootKeyService;
use keyward_testkit::TestWorkspace;
use keyward_tests::{
    crash::{CALLERS, Line, TENANTS, sha256},
    random::Random,
};

/// Tasks for each tenant that administrate it, in each other's way.
const ADMINISTRATORS: u64 = 2;
/// Tasks for each tenant that start challenges and answer them.
const CHALLENGERS: u64 = 2;
/// Tasks for each tenant that are refused.
const REFUSED: u64 = 3;
/// Tasks for each tenant that write: the others.
const WRITERS: u64 = CALLERS / TENANTS.len() as u64 - ADMINISTRATORS - CHALLENGERS - REFUSED;
/// Objects of each of them.
const NAMES: u64 = 2;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // A panic in a task is a failure of this process, which the test sees by how it ended.
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        print(panic);
        std::process::exit(101);
    }));
    let mut arguments = std::env::args_os().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let seed = arguments.next().and_then(|text| text.to_str()?.parse().ok()).expect("a seed");
    let name = arguments.next().and_then(|text| text.into_string().ok()).expect("a name");
    let workspace = Arc::new(TestWorkspace::open_at(&folder).await.expect("a workspace"));
    print_line(&Line::Ready);

    let mut random = Random::new(seed);
    let mut tasks = Vec::new();
    for tenant in TENANTS {
        for writer in 0..WRITERS {
            let work = Work::new(&workspace, tenant, &mut random);
            tasks.push(tokio::spawn(work.write(format!("{name} {writer}"))));
        }
        for _ in 0..CHALLENGERS {
            tasks.push(tokio::spawn(Work::new(&workspace, tenant, &mut random).challenge()));
        }
        for _ in 0..REFUSED {
            tasks.push(tokio::spawn(Work::new(&workspace, tenant, &mut random).be_refused()));
        }
        for _ in 0..ADMINISTRATORS {
            tasks.push(tokio::spawn(Work::new(&workspace, tenant, &mut random).administrate()));
        }
    }
    assert_eq!(tasks.len() as u64, CALLERS);
    for task in tasks {
        task.await.expect("no task ends");
    }
}

/// One task's work.
struct Work {
    workspace: Arc<TestWorkspace>,
    tenant: TenantId,
    dataset: DatasetName,
    random: Random,
}

impl Work {
    fn new(workspace: &Arc<TestWorkspace>, tenant: &str, random: &mut Random) -> Self {
        Self {
            workspace: Arc::clone(workspace),
            tenant: tenant.parse().expect("a tenant id"),
            dataset: "docs".parse().expect("a dataset's name"),
            random: Random::new(random.number()),
        }
    }

    async fn write(mut self, writer: String) {
        // What this task knows to be there; nothing yet of what an earlier process has left.
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        loop {
            let name = format!("{writer}/{}", self.random.below(NAMES));
            let object: ObjectName = name.parse().expect("an object's name");
            let context = self.workspace.application();
            let engine = Arc::clone(&self.workspace.engine);
            match self.random.below(10) {
                0..6 => {
                    let (source, hash) = self.plaintext();
                    self.begun(&name, Some(&hash));
                    let done = engine
                        .write(&context, &self.tenant, &self.dataset, &object, source)
                        .await
                        .map(drop);
                    self.told("object.write", &context, Some(&name), Some(&hash), &done);
                    if done.is_ok() {
                        known.insert(name, hash);
                    }
                }
                6..9 => {
                    let done = engine.read(&context, &self.tenant, &self.dataset, &object).await;
                    let hash = done.as_ref().ok().map(|plaintext| sha256(plaintext));
                    if let (Some(read), Some(written)) = (&hash, known.get(&name)) {
                        assert_eq!(read, written, "{name}");
                    }
                    let done = done.map(drop);
                    self.told("object.read", &context, Some(&name), hash.as_deref(), &done);
                }
                _ => {
                    self.begun(&name, None);
                    let done = engine.delete(&context, &self.tenant, &self.dataset, &object).await;
                    self.told("object.delete", &context, Some(&name), None, &done);
                    if done.is_ok() {
                        known.remove(&name);
                    }
                }
            }
        }
    }

    async fn administrate(mut self) {
        loop {
            let done = match self.random.below(20) {
                0..3 => self.rotate_data_key().await,
                3..7 => self.rekey().await,
                7..14 => self.rotate_and_rewrap().await,
                14..17 => self.rewrap().await,
                17 => self.lock_and_restore(true).await,
                18 => self.lock_and_restore(false).await,
                _ => self.replace_root_key(self.random.clone().number()).await,
            };
            if done.is_err() {
                // A call that was under way while the key was disabled may have suspended the tenant.
                let _ = self.restore().await;
            }
        }
    }

    /// Starts challenges of the root key that wraps, and answers them.
    async fn challenge(mut self) {
        let engine = Arc::clone(&self.workspace.engine);
        loop {
            let keys = engine.root_keys(&self.tenant).await.expect("the tenant is there");
            let Some(view) = keys.into_iter().find(|view| view.key.state.may_wrap()) else {
                tokio::task::yield_now().await;
                continue;
            };
            let context = self.workspace.admin();
            let kind = ChallengeKind::Decrypt;
            let started = engine.start_challenge(&context, &view.key.id, kind).await;
            self.told("challenge.start", &context, None, None, &started.as_ref().map(drop));
            let Ok(challenge) = started else { continue };
            let answer = match self.random.below(3) {
                0 => Answer::Decrypted(vec![0; 32]),
                // Disabled just now, as far as it is revoked.
                _ => match self.decrypt(&challenge).await {
                    Some(nonce) => Answer::Decrypted(nonce),
                    None => continue,
                },
            };
            let context = self.workspace.admin();
            let done = engine.answer_challenge(&context, challenge.id, &answer).await;
            self.told("challenge.answer", &context, None, None, &done.as_ref().map(drop));
        }
    }

    async fn decrypt(&self, challenge: &ChallengeView) -> Option<Vec<u8>> {
        let reference = challenge.reference.parse().ok()?;
        let blob = BASE64_STANDARD.decode(challenge.ciphertext.as_ref()?).ok()?;
        let context = challenge.encryption_context.as_ref()?;
        let nonce = self.workspace.keystore.unwrap(&reference, context, &blob).await.ok()?;
        Some(nonce.expose().to_vec())
    }

    /// Asks for what its role doesn't allow.
    async fn be_refused(mut self) {
        let engine = Arc::clone(&self.workspace.engine);
        let name: ObjectName = "nobody's".parse().expect("an object's name");
        let other = TENANTS.into_iter().find(|other| *other != self.tenant.as_str());
        let other: TenantId = other.and_then(|id| id.parse().ok()).expect("there are two");
        loop {
            let (action, context, refused) = match self.random.below(3) {
                0 => {
                    let context = self.workspace.application();
                    let done = engine.audit_verify(&context, &|_, _| {}).await;
                    ("audit.verify", context, done.map(drop))
                }
                1 => {
                    let context = self.workspace.application();
                    let done = engine.suspend(&context, &self.tenant, "not mine to").await;
                    ("tenant.suspend", context, done.map(drop))
                }
                _ => {
                    let context = self.workspace.context(Role::TenantApprover(other.clone()));
                    let read = engine.read(&context, &self.tenant, &self.dataset, &name).await;
                    ("object.read", context, read.map(drop))
                }
            };
            assert!(refused.is_err(), "{action} was not refused");
            self.told(action, &context, None, None, &refused);
        }
    }

    async fn rotate_data_key(&self) -> Result<(), EngineError> {
        let context = self.workspace.admin();
        let done =
            self.workspace.engine.rotate_data_key(&context, &self.tenant, &self.dataset).await;
        let done = done.map(drop);
        self.told("data-key.rotate", &context, None, None, &done);
        done
    }

    async fn rekey(&self) -> Result<(), EngineError> {
        let context = self.workspace.admin();
        let done = self.workspace.engine.rekey(&context, &self.tenant, &self.dataset).await;
        if let Ok(rekeyed) = &done {
            assert!(rekeyed.failed.is_empty(), "{:?}", rekeyed.failed);
        }
        // With nothing to move there is no record.
        if !done.as_ref().is_ok_and(|rekeyed| rekeyed.moved == 0) {
            self.told("object.rekey", &context, None, None, &done.as_ref().map(drop));
        }
        done.map(drop)
    }

    async fn rotate(&self, rotation: RootKeyRotation) -> Result<(), EngineError> {
        let context = self.workspace.admin();
        let done = self.workspace.engine.rotate_root_key(&context, &self.tenant, rotation).await;
        let action = match rotation {
            RootKeyRotation::NewVersion => "root-key.rotate",
            RootKeyRotation::NewKey(_) => "root-key.replace",
        };
        let done = done.map(drop);
        self.told(action, &context, None, None, &done);
        done
    }

    /// What it rewraps then is all of the tenant's data keys.
    async fn rotate_and_rewrap(&self) -> Result<(), EngineError> {
        self.rotate(RootKeyRotation::NewVersion).await?;
        self.rewrap().await
    }

    async fn rewrap(&self) -> Result<(), EngineError> {
        let context = self.workspace.admin();
        // Small batches: more moments to be killed between two of them.
        let options = RewrapOptions { batch: Some(3), ..RewrapOptions::default() };
        let done = self
            .workspace
            .engine
            .rewrap(&context, &self.tenant, options, &RewrapProgress::unwatched)
            .await;
        if let Ok(report) = &done {
            assert!(report.quarantine.is_empty(), "{:?}", report.quarantine);
        }
        if !done.as_ref().is_ok_and(|report| report.progress.rewrapped == 0) {
            self.told("data-key.rewrap", &context, None, None, &done.as_ref().map(drop));
        }
        done.map(drop)
    }

    async fn lock_and_restore(&self, at_provider: bool) -> Result<(), EngineError> {
        let context = self.workspace.admin();
        let engine = &self.workspace.engine;
        let done = engine.revoke(&context, &self.tenant, "a drill", at_provider).await.map(drop);
        self.told("tenant.revoke", &context, None, None, &done);
        done?;
        self.restore().await
    }

    async fn restore(&self) -> Result<(), EngineError> {
        let context = self.workspace.admin();
        let done = self.workspace.engine.restore(&context, &self.tenant, true).await.map(drop);
        self.told("tenant.restore", &context, None, None, &done);
        done
    }

    async fn replace_root_key(&self, number: u64) -> Result<(), EngineError> {
        let name = format!("{}-{number:016x}", self.tenant);
        let reference = self.workspace.key(&name, &self.tenant);
        let admin = || self.workspace.admin();
        let engine = &self.workspace.engine;
        let references = std::slice::from_ref(&reference);
        let view = engine.register_root_key(&admin(), &self.tenant, references).await?;
        let kind = ChallengeKind::Decrypt;
        let challenge = engine.start_challenge(&admin(), &view.key.id, kind).await?;
        let answer = self.workspace.decrypt(&reference, &challenge).await;
        engine.answer_challenge(&admin(), challenge.id, &answer).await?;
        self.rotate(RootKeyRotation::NewKey(view.key.id.number)).await
    }

    /// Something to write, by one of the ways there are, and its hash.
    fn plaintext(&mut self) -> (Source, String) {
        let length = match self.random.below(10) {
            0 => 0,
            1..8 => self.random.below(4_096),
            _ => self.random.below(300_000),
        };
        let plaintext = self.random.bytes(usize::try_from(length).expect("it is small"));
        let hash = sha256(&plaintext);
        let source = match self.random.below(3) {
            0 => Source::Reader(Box::new(std::io::Cursor::new(plaintext))),
            _ => Source::Bytes(plaintext.into()),
        };
        (source, hash)
    }

    fn begun(&self, name: &str, sha256: Option<&str>) {
        print_line(&Line::Begun {
            tenant: self.tenant.to_string(),
            name: name.into(),
            sha256: sha256.map(str::to_owned),
        });
    }

    fn told<E: std::borrow::Borrow<EngineError>>(
        &self,
        action: &str,
        context: &OperationContext,
        name: Option<&str>,
        sha256: Option<&str>,
        done: &Result<(), E>,
    ) {
        let (action, tenant) = (action.to_owned(), self.tenant.to_string());
        let name = name.map(str::to_owned);
        print_line(&match done {
            Ok(()) => Line::Released {
                action,
                request: context.request.to_string(),
                tenant,
                name,
                sha256: sha256.map(str::to_owned),
            },
            Err(error) => {
                let code = error.borrow().code().to_string();
                Line::Failed { action, code, request: context.request.to_string(), tenant, name }
            }
        });
    }
}

/// In one write, so that lines of several tasks don't mix.
fn print_line(line: &Line) {
    let mut text = serde_json::to_string(line).expect("a line is JSON");
    text.push('\n');
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).expect("the test reads");
}
