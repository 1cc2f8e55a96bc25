//! Operations that run beside each other share durable transactions, and yet each stands for itself.
//!
//! | what happens | what is asserted |
//! | --- | --- |
//! | 64 callers at once | far fewer transactions than records |
//! | a change of one fails after it wrote rows | its rows are gone, the others' are there |
//! | the record of one can't be written | it fails, and nobody beside it |
//! | two engines on one database, 64 callers each | one sequence without a gap |
//! | callers go away at any await | no transaction stays open, no caller beside them fails for it, no row without its record, no record without its row |
//!
//! After each, every row is what the records say and the log verifies. Two processes on one database,
//! and those that are killed, are in `tests/tests/crash.rs`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use keyward_core::{Code, DatasetName, ObjectName, TenantId};
use keyward_engine::{Engine, EngineError, OperationContext, Source};
use keyward_ledger::{Action, Outcome, Record};
use keyward_store::tables::{
    audit_head, audit_records, datasets, objects,
    tenants::{self, TenantState},
};
use keyward_testkit::TestWorkspace;

const CALLERS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_beside_each_other_share_transactions() {
    let place = Place::new().await;
    let before = place.log().await.transactions.len();
    let first = place.log().await.records;
    let engine = &place.workspace.engine;
    place
        .each_caller(engine, |caller, call| async move {
            for turn in 0..8 {
                call.put(&format!("{caller}/{turn}"), b"shared").await.unwrap();
                call.get(&format!("{caller}/{turn}")).await.unwrap();
            }
        })
        .await;
    let log = place.is_whole().await;
    let records = log.records - first;
    let transactions = log.transactions.len() - before;
    assert_eq!(records, CALLERS * 16, "a record each");
    println!("{records} records in {transactions} transactions");
    assert!(transactions * 4 <= records, "{records} records took {transactions} transactions");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_fails_leaves_the_others_of_its_transaction() {
    let place = Place::new().await;
    let beta: TenantId = "beta".parse().unwrap();
    place.workspace.tenant("beta").await;
    let engine = &place.workspace.engine;
    let (beta, too_long) = (&beta, &"x".repeat(70_000));
    place
        .each_caller(engine, |caller, call| async move {
            for turn in 0..4 {
                if caller % 4 == 0 {
                    // Fails when the tenant's and the key's rows are changed already.
                    let failed = call.engine.suspend(&call.admin(), beta, too_long).await;
                    assert_eq!(failed.unwrap_err().code(), Code::InvalidInput);
                } else {
                    call.put(&format!("{caller}/{turn}"), b"beside").await.unwrap();
                }
            }
        })
        .await;
    let log = place.is_whole().await;
    assert_eq!(log.tenants["beta"], TenantState::Active);
    assert_eq!(log.objects.len(), CALLERS / 4 * 3 * 4);
    place.workspace.put(beta, &place.docs, "still", b"writable").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_cannot_be_written_fails_alone() {
    let place = Place::new().await;
    place.workspace.put(&place.acme, &place.docs, "read", b"read").await.unwrap();
    let first = place.log().await.records;
    let engine = &place.workspace.engine;
    let too_long = &"x".repeat(70_000);
    place
        .each_caller(engine, |caller, call| async move {
            for _ in 0..4 {
                if caller % 4 == 0 {
                    let context = call.application();
                    let refused = call.engine.suspend(&context, &call.acme, too_long).await;
                    assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
                } else {
                    assert_eq!(call.get("read").await.unwrap(), b"read");
                }
            }
        })
        .await;
    let log = place.is_whole().await;
    assert_eq!(log.records - first, CALLERS / 4 * 3 * 4, "those that could be written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_engines_append_to_one_sequence() {
    let place = Place::new().await;
    let first = place.log().await.records;
    let other = Arc::new(place.workspace.open_again().await.unwrap());
    let work = |engine: &'static str| {
        move |caller: usize, call: Call| async move {
            for turn in 0..4 {
                let name = format!("{engine}/{caller}/{turn}");
                call.put(&name, name.as_bytes()).await.unwrap();
                assert_eq!(call.get(&name).await.unwrap(), name.as_bytes());
            }
        }
    };
    tokio::join!(
        place.each_caller(&place.workspace.engine, work("one")),
        place.each_caller(&other, work("other")),
    );
    let log = place.is_whole().await;
    assert_eq!(log.records - first, 2 * CALLERS * 8);
    assert_eq!(log.objects.len(), 2 * CALLERS * 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_go_away_leave_nothing_half_done() {
    let place = Place::new().await;
    let beta: TenantId = "beta".parse().unwrap();
    place.workspace.tenant("beta").await;
    let other = Arc::new(place.workspace.open_again().await.unwrap());
    let over = &AtomicBool::new(false);
    let (ended, left) = (&AtomicUsize::new(0), &AtomicUsize::new(0));
    let beta = &beta;
    let leaving = async {
        place
            .each_caller(&place.workspace.engine, |caller, call| async move {
                let mut random = caller as u64 + 1;
                let mut most = 10_000;
                for turn in 0..40 {
                    let patience = Duration::from_micros(next(&mut random) % most);
                    let name = format!("{caller}/{}", turn % 3);
                    let gone = match next(&mut random) % 8 {
                        0..4 => tokio::time::timeout(patience, call.put(&name, b"left")).await,
                        4 | 5 => tokio::time::timeout(patience, call.delete(&name)).await,
                        6 => tokio::time::timeout(patience, call.rotate()).await,
                        _ => tokio::time::timeout(patience, call.lock(beta)).await,
                    };
                    // However fast the machine is, a good part of them comes to an end.
                    let counted = match gone.is_ok() {
                        true => {
                            most = (most * 2 / 3).max(1_000);
                            ended
                        }
                        false => {
                            most = (most * 5 / 4).min(2_000_000);
                            left
                        }
                    };
                    counted.fetch_add(1, Ordering::SeqCst);
                    if let Ok(Err(error)) = gone {
                        let expected = [
                            Code::ObjectNotFound,
                            Code::ChangedMeanwhile,
                            Code::TenantNotActive,
                            Code::TenantSuspended,
                            Code::InvalidInput,
                        ];
                        assert!(expected.contains(&error.code()), "{error:?}");
                    }
                }
            })
            .await;
        over.store(true, Ordering::SeqCst);
    };
    // Those that stay, in this engine and in another one, see nothing of it.
    let staying = async |engine: &Arc<Engine>, name: &str| {
        let call = place.call(engine);
        let mut turn = 0_u64;
        while !over.load(Ordering::SeqCst) {
            turn += 1;
            let bytes = turn.to_le_bytes();
            let written = tokio::time::timeout(Duration::from_secs(10), call.put(name, &bytes));
            written.await.expect("no transaction stays open").unwrap();
            assert_eq!(call.get(name).await.unwrap(), bytes);
        }
        turn
    };
    let (_, here, there) =
        tokio::join!(leaving, staying(&place.workspace.engine, "here"), staying(&other, "there"));
    let (ended, left) = (ended.load(Ordering::SeqCst), left.load(Ordering::SeqCst));
    println!("{ended} calls ended, {left} were left; {here} and {there} writes beside them");
    assert!(ended > 100 && left > 100, "{ended} calls ended, {left} were left");
    assert!(here > 0 && there > 0, "{here} and {there} writes beside them");
    for engine in [&other, &place.workspace.engine] {
        let call = place.call(engine);
        let written = tokio::time::timeout(Duration::from_secs(1), call.put("after", b"it all"));
        written.await.expect("no transaction stays open").unwrap();
    }
    place.is_whole().await;
}

/// A workspace, with a tenant and its dataset.
struct Place {
    workspace: TestWorkspace,
    acme: TenantId,
    docs: DatasetName,
}

/// One caller's view of an engine.
#[derive(Clone)]
struct Call {
    engine: Arc<Engine>,
    acme: TenantId,
    docs: DatasetName,
}

/// What the records say.
#[derive(Default)]
struct Log {
    records: usize,
    /// When each transaction wrote its records, which all have one time.
    transactions: BTreeSet<i64>,
    /// The ids of the objects that are there, by tenant and name.
    objects: BTreeMap<(String, String), String>,
    tenants: BTreeMap<String, TenantState>,
    /// The current data key, by tenant.
    data_keys: BTreeMap<String, u32>,
}

impl Place {
    async fn new() -> Self {
        let workspace = TestWorkspace::new().await;
        let (acme, docs, _) = workspace.tenant("acme").await;
        Self { workspace, acme, docs }
    }

    fn call(&self, engine: &Arc<Engine>) -> Call {
        Call { engine: Arc::clone(engine), acme: self.acme.clone(), docs: self.docs.clone() }
    }

    /// Runs all callers at once, to the end.
    async fn each_caller<F: Future<Output = ()>>(
        &self,
        engine: &Arc<Engine>,
        work: impl Fn(usize, Call) -> F,
    ) {
        let callers = (0..CALLERS).map(|caller| work(caller, self.call(engine)));
        futures::future::join_all(callers).await;
    }

    /// All records, without a gap, as one moment has them.
    async fn log(&self) -> Log {
        let store = self.workspace.store().await.unwrap();
        let mut reader = store.snapshot().await.unwrap();
        let mut log = Log::default();
        loop {
            let next = log.records as u64;
            let chunk = audit_records::read_chunk(&mut reader, next, 4096).await.unwrap();
            if chunk.is_empty() {
                break;
            }
            for row in chunk.rows() {
                let record = Record::parse(std::str::from_utf8(row.body).unwrap()).unwrap();
                assert_eq!((row.seq, record.seq), (log.records as u64, row.seq), "no gap");
                log.transactions.insert(row.columns.time);
                log.take_in(&record);
            }
        }
        assert_eq!(audit_head::get(&mut reader).await.unwrap().size, log.records as u64);
        log
    }

    /// The rows are what the records say, and the log verifies.
    async fn is_whole(&self) -> Log {
        let officer = self.workspace.officer();
        self.workspace.engine.audit_verify(&officer, &|_, _| {}).await.unwrap();
        let log = self.log().await;
        let store = self.workspace.store().await.unwrap();
        store.check().await.unwrap();
        let mut reader = store.read().await.unwrap();
        let mut there = BTreeMap::new();
        for tenant in tenants::list(&mut reader).await.unwrap() {
            let id = tenant.id.to_string();
            assert_eq!(tenant.state, log.tenants[&id], "tenant `{id}`");
            let set = datasets::get(&mut reader, &tenant.id, &self.docs).await.unwrap().unwrap();
            assert_eq!(set.current_version, log.data_keys[&id], "`{id}`'s data key");
            let rows = objects::list(&mut reader, &tenant.id, &self.docs, "", None, 10_000);
            for object in rows.await.unwrap() {
                there.insert((id.clone(), object.name.to_string()), object.id.to_string());
            }
        }
        assert_eq!(there, log.objects);
        for (tenant, name) in there.keys() {
            let tenant: TenantId = tenant.parse().unwrap();
            self.workspace.get(&tenant, &self.docs, name).await.unwrap();
        }
        Log { records: log.records - 1, ..log }
    }
}

impl Log {
    fn take_in(&mut self, record: &Record) {
        self.records += 1;
        let Some(tenant) = record.tenant.as_ref().map(ToString::to_string) else { return };
        if record.outcome != Outcome::Ok {
            return;
        }
        let detail = |name: &str| record.details[name].as_str().unwrap().to_owned();
        match record.action {
            Action::ObjectWrite => {
                self.objects.insert((tenant, detail("name")), detail("id"));
            }
            Action::ObjectDelete => {
                let deleted = self.objects.remove(&(tenant, detail("name")));
                assert_eq!(deleted, Some(detail("id")));
            }
            Action::TenantRegister => drop(self.tenants.insert(tenant, TenantState::Pending)),
            Action::RootKeyActivate => drop(self.tenants.insert(tenant, TenantState::Active)),
            Action::TenantSuspend => drop(self.tenants.insert(tenant, TenantState::Suspended)),
            Action::TenantRestore => drop(self.tenants.insert(tenant, TenantState::Active)),
            Action::DatasetCreate | Action::DataKeyRotate => {
                self.data_keys.insert(tenant, record.key_version.unwrap());
            }
            _ => {}
        }
    }
}

impl Call {
    fn admin(&self) -> OperationContext {
        self.context(keyward_core::Role::Administrator)
    }

    fn application(&self) -> OperationContext {
        self.context(keyward_core::Role::Application)
    }

    fn context(&self, role: keyward_core::Role) -> OperationContext {
        self.engine.context(keyward_core::Actor("caller".into()), role).unwrap()
    }

    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), EngineError> {
        let (context, name) = (self.application(), object(name));
        let source = Source::Bytes(bytes.to_vec().into());
        self.engine.write(&context, &self.acme, &self.docs, &name, source).await.map(drop)
    }

    async fn get(&self, name: &str) -> Result<Vec<u8>, EngineError> {
        let (context, name) = (self.application(), object(name));
        Ok(self.engine.read(&context, &self.acme, &self.docs, &name).await?.to_vec())
    }

    async fn delete(&self, name: &str) -> Result<(), EngineError> {
        let (context, name) = (self.application(), object(name));
        self.engine.delete(&context, &self.acme, &self.docs, &name).await
    }

    async fn rotate(&self) -> Result<(), EngineError> {
        self.engine.rotate_data_key(&self.admin(), &self.acme, &self.docs).await.map(drop)
    }

    /// Suspends a tenant, or lets it go on.
    async fn lock(&self, tenant: &TenantId) -> Result<(), EngineError> {
        match self.engine.suspend(&self.admin(), tenant, "a drill").await {
            Ok(_) => Ok(()),
            Err(_) => self.engine.restore(&self.admin(), tenant, false).await.map(drop),
        }
    }
}

fn object(name: &str) -> ObjectName {
    name.parse().unwrap()
}

/// Numbers that seem random (xorshift, Marsaglia, 2003), from one that isn't 0.
fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}
