//! The newest checkpoint outside the database: older copies, forks and others' checkpoints are found,
//! places that can't be reached are said, and going on is a decision in the log.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use keyward_core::{Code, Role, SecretKey};
use keyward_engine::{
    AcceptRollback, AuditFilter, AuditStart, EngineError, NewWitness, WitnessReport,
};
use keyward_ledger::{Action, Checkpoint, Note, SigningKey, VerifierKey};
use keyward_testkit::TestWorkspace;
use keyward_witness::{Exchange, OwnWitness};
use tempfile::TempDir;
use zeroize::Zeroizing;

struct Ground {
    place: TempDir,
}

impl Ground {
    fn new() -> Self {
        let place = TempDir::new().unwrap();
        for folder in ["workspace", "witness-folder"] {
            fs::create_dir(place.path().join(folder)).unwrap();
        }
        Self { place }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    async fn make(&self) -> TestWorkspace {
        let (folder, anchors) = (self.path("workspace"), self.path("anchors"));
        TestWorkspace::create_anchored(&folder, &anchors).await.unwrap()
    }

    async fn open(&self) -> Result<TestWorkspace, EngineError> {
        self.open_accepting(None).await
    }

    async fn open_accepting(
        &self,
        accept: Option<AcceptRollback>,
    ) -> Result<TestWorkspace, EngineError> {
        let (folder, anchors) = (self.path("workspace"), self.path("anchors"));
        TestWorkspace::open_anchored(&folder, &anchors, accept).await
    }

    fn anchor(&self) -> PathBuf {
        self.try_anchor().unwrap()
    }

    /// None while the folder, or the file in it, isn't there yet.
    fn try_anchor(&self) -> Option<PathBuf> {
        let mut found = fs::read_dir(self.path("anchors")).ok()?.map(|entry| entry.unwrap().path());
        found.find(|path| path.extension().is_some_and(|end| end == "checkpoint"))
    }

    fn anchored(&self) -> u64 {
        let note = Note::parse(&fs::read_to_string(self.anchor()).unwrap()).unwrap();
        Checkpoint::parse(note.text()).unwrap().size
    }

    /// What an administrator does who copies a whole workspace.
    fn copy(&self, from: &str, to: &str) {
        let to = self.path(to);
        if to.exists() {
            fs::remove_dir_all(&to).unwrap();
        }
        copy_folder(&self.path(from), &to);
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target)
        } else {
            let _ = fs::copy(&path, target).unwrap();
        }
    }
}

async fn tenants(workspace: &TestWorkspace, names: &[&str]) {
    for name in names {
        let id = name.parse().unwrap();
        workspace.engine.register_tenant(&workspace.admin(), &id, name).await.unwrap();
    }
}

/// What is written by itself when a log ends is written before anybody touches its files.
async fn close(workspace: TestWorkspace) {
    drop(workspace);
    tokio::time::sleep(Duration::from_millis(200)).await;
}

async fn size(workspace: &TestWorkspace) -> u64 {
    workspace.engine.status().await.unwrap().records
}

fn refusal(opened: Result<TestWorkspace, EngineError>) -> EngineError {
    match opened {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

fn found(report: &WitnessReport, place: &str) -> &'static str {
    let anchor = report.anchors.iter().find(|anchor| anchor.place.contains(place));
    anchor.unwrap_or_else(|| panic!("{place} is not in {:?}", report.anchors)).found
}

fn accept(reason: &str, role: Role) -> Option<AcceptRollback> {
    Some(AcceptRollback { reason: reason.into(), role })
}

#[tokio::test]
async fn an_older_copy_is_refused_until_an_administrator_accepts_it_for_the_record() {
    let ground = Ground::new();
    let first = ground.make().await;
    tenants(&first, &["one"]).await;
    first.engine.anchor_now().await.unwrap();
    close(first).await;
    ground.copy("workspace", "copy");
    let second = ground.open().await.unwrap();
    tenants(&second, &["two", "three"]).await;
    second.engine.anchor_now().await.unwrap();
    let newest = fs::read_to_string(ground.anchor()).unwrap();
    assert_eq!(ground.anchored(), 4);
    close(second).await;

    ground.copy("copy", "workspace");
    let error = refusal(ground.open().await);
    assert_eq!(error.code(), Code::LogRolledBack);
    let text = error.to_string();
    for part in ["anchors`", "over 4 records from 20", "has 2;", "accept-rollback"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let error = refusal(ground.open_accepting(accept("", Role::Administrator)).await);
    assert_eq!(error.code(), Code::InvalidInput);
    let error = refusal(ground.open_accepting(accept("why", Role::SecurityOfficer)).await);
    assert_eq!(error.code(), Code::NotAuthorised);
    assert_eq!(fs::read_to_string(ground.anchor()).unwrap(), newest, "a refusal moves nothing");

    let opened = ground.open_accepting(accept("the disk died", Role::Administrator)).await.unwrap();
    let filter = AuditFilter { action: Some("audit.accept".into()), ..AuditFilter::default() };
    let page = opened
        .engine
        .audit_query(&opened.officer(), &filter, AuditStart::Newest, 10)
        .await
        .unwrap();
    let record = &page.records[0];
    assert_eq!((record.seq, record.action), (2, Action::AuditAccept));
    assert_eq!(record.details["reason"], "the disk died");
    assert_eq!(record.details["anchors"][0]["found"], "rolled-back");
    assert_eq!(record.details["anchors"][0]["checkpoint"], newest);
    assert_eq!(record.details["size"], 2);
    assert_eq!(ground.anchored(), 3, "the anchor has moved on");
    close(opened).await;

    let opened = ground.open().await.unwrap();
    tenants(&opened, &["four"]).await;
    opened.engine.anchor_now().await.unwrap();
    close(opened).await;
    let error = refusal(ground.open_accepting(accept("again", Role::Administrator)).await);
    assert_eq!(error.code(), Code::InvalidInput, "there is nothing to accept any more");
}

#[tokio::test]
async fn two_logs_from_one_copy_are_a_fork() {
    let ground = Ground::new();
    let first = ground.make().await;
    tenants(&first, &["one"]).await;
    first.engine.anchor_now().await.unwrap();
    close(first).await;
    ground.copy("workspace", "copy");
    let second = ground.open().await.unwrap();
    tenants(&second, &["two"]).await;
    second.engine.anchor_now().await.unwrap();
    close(second).await;

    // The copy goes on elsewhere, longer than the original, and comes back.
    let other = TestWorkspace::open_at(&ground.path("copy")).await.unwrap();
    tenants(&other, &["three", "four"]).await;
    close(other).await;
    ground.copy("copy", "workspace");
    let error = refusal(ground.open().await);
    assert_eq!(error.code(), Code::LogForked);
    assert!(error.to_string().contains("first 3 records"), "{error}");
    // What runs already finds it when it writes.
    let running = TestWorkspace::open_at(&ground.path("workspace")).await.unwrap();
    assert!(running.engine.check_anchors().await.is_ok(), "it knows of no anchor");
}

#[tokio::test]
async fn an_anchor_of_another_key_or_log_is_no_anchor() {
    let ground = Ground::new();
    let made = ground.make().await;
    made.engine.anchor_now().await.unwrap();
    let key = made.engine.verifier_key();
    close(made).await;
    let anchor = ground.anchor();
    let right = fs::read_to_string(&anchor).unwrap();
    let checkpoint = Checkpoint::verify(&right, &key).unwrap();
    let stranger = SigningKey::from_seed(&SecretKey::new([77; 32]));
    let other = Checkpoint { origin: "keyward/other".parse().unwrap(), ..checkpoint.clone() };
    for wrong in [checkpoint.sign(&stranger), other.sign(&stranger), "x".into(), String::new()] {
        fs::write(&anchor, &wrong).unwrap();
        let error = refusal(ground.open().await);
        assert_eq!(error.code(), Code::LogForked, "{wrong}");
        assert!(matches!(error, EngineError::AnchorForeign { .. }));
        assert_eq!(fs::read_to_string(&anchor).unwrap(), wrong, "it is evidence, and stays");
    }
    fs::write(&anchor, &right).unwrap();
    let opened = ground.open().await.unwrap();
    let verified = opened.engine.audit_verify(&opened.officer(), &|_, _| {}).await.unwrap();
    assert_eq!(verified.kept.unwrap().anchors[0].found, "current");
    // An engine that is open finds it when it verifies, and when it anchors.
    let forked = Checkpoint { root: keyward_ledger::leaf_hash(b"other"), ..checkpoint };
    fs::write(&anchor, forked.sign(&SigningKey::from_seed(&SecretKey::new([7; 32])))).unwrap();
    let error = opened.engine.audit_verify(&opened.officer(), &|_, _| {}).await.unwrap_err();
    assert_eq!(error.code(), Code::LogForked);
    assert_eq!(opened.engine.anchor_now().await.unwrap_err().code(), Code::LogForked);
}

#[tokio::test]
async fn killed_between_commit_and_anchor_the_log_continues_an_older_anchor() {
    let ground = Ground::new();
    let made = ground.make().await;
    made.engine.anchor_now().await.unwrap();
    let before = fs::read_to_string(ground.anchor()).unwrap();
    tenants(&made, &["one", "two"]).await;
    made.engine.anchor_now().await.unwrap();
    close(made).await;
    fs::write(ground.anchor(), before).unwrap();
    let opened = ground.open().await.unwrap();
    let report = opened.engine.witness_report(true).await.unwrap();
    assert_eq!(found(&report, "anchors"), "behind");
    opened.engine.anchor_now().await.unwrap();
    assert_eq!(ground.anchored(), size(&opened).await);
    assert_eq!(found(&opened.engine.witness_report(true).await.unwrap(), "anchors"), "current");
}

#[tokio::test]
async fn a_busy_log_is_anchored_by_itself() {
    let ground = Ground::new();
    let made = ground.make().await;
    tenants(&made, &["one"]).await;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if ground.try_anchor().is_some() && ground.anchored() == 2 {
            return;
        }
    }
    panic!("no anchor after ten seconds");
}

#[tokio::test]
async fn two_engines_never_bring_an_anchor_back() {
    let ground = Ground::new();
    let one = ground.make().await;
    let two = ground.open().await.unwrap();
    for round in 0..5 {
        tenants(&one, &[&format!("a{round}")]).await;
        tenants(&two, &[&format!("b{round}")]).await;
        let before = if round == 0 { 0 } else { ground.anchored() };
        let (first, second) = tokio::join!(one.engine.anchor_now(), two.engine.anchor_now());
        first.unwrap();
        second.unwrap();
        assert!(ground.anchored() > before);
        assert_eq!(ground.anchored(), size(&one).await);
    }
}

#[tokio::test]
async fn a_folder_that_is_set_keeps_checkpoints_and_is_missed_when_it_is_gone() {
    let ground = Ground::new();
    let made = ground.make().await;
    let folder = ground.path("witness-folder").display().to_string();
    let new = NewWitness { folder: Some(folder.clone()), ..NewWitness::default() };
    made.engine.add_witness(&made.admin(), new.clone()).await.unwrap();
    let again = made.engine.add_witness(&made.admin(), new).await.unwrap_err();
    assert_eq!(again.code(), Code::AlreadyExists);
    let refused = made.engine.remove_witness(&made.officer(), &folder).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotAuthorised);
    made.engine.anchor_now().await.unwrap();
    let report = made.engine.witness_report(true).await.unwrap();
    assert_eq!(found(&report, "witness-folder"), "current");
    close(made).await;

    // Somebody resets the account's own anchors, and the workspace: the folder still knows.
    let opened = ground.open().await.unwrap();
    ground.copy("workspace", "copy");
    tenants(&opened, &["one"]).await;
    opened.engine.anchor_now().await.unwrap();
    close(opened).await;
    ground.copy("copy", "workspace");
    fs::remove_dir_all(ground.path("anchors")).unwrap();
    let error = refusal(ground.open().await);
    assert_eq!(error.code(), Code::LogRolledBack);
    assert!(error.to_string().contains("witness-folder"), "{error}");

    // Where it isn't mounted, opening goes on, and the report says so.
    fs::rename(ground.path("witness-folder"), ground.path("elsewhere")).unwrap();
    let opened = ground.open().await.unwrap();
    let report = opened.engine.witness_report(true).await.unwrap();
    assert_eq!(found(&report, "witness-folder"), "unreachable");
    assert_eq!(found(&report, "anchors"), "none", "and the account's own was taken away");
    opened.engine.anchor_now().await.unwrap();
}

/// A tenant's own witness, that gets files and gives files.
#[tokio::test]
async fn a_witness_by_files_cosigns_and_finds_the_fork() {
    let ground = Ground::new();
    let made = ground.make().await;
    let log: VerifierKey = made.engine.verifier_key();
    let own = witness(&ground.path("officer"));
    let new = NewWitness { key: Some(own.key()), ..NewWitness::default() };
    let added = made.engine.add_witness(&made.admin(), new).await.unwrap();
    assert_eq!((added.name.as_str(), added.cosigned), ("acme.example/w", None));

    let first = made.engine.witness_request("acme.example/w", None).await.unwrap();
    let cosigned = own.cosign(&first, Some(&log), chrono_now()).unwrap();
    let take = |note: String| {
        let (engine, context) = (made.engine.clone(), made.admin());
        async move { engine.take_cosignatures(&context, &note).await }
    };
    let unsigned = take(first.checkpoint.to_string()).await.unwrap_err();
    assert_eq!(unsigned.code(), Code::InvalidInput);
    assert_eq!(take(cosigned.note.to_string()).await.unwrap()[0].size, 2);
    take(cosigned.note.to_string()).await.unwrap();
    let mut forged = cosigned.note.to_string();
    let at = forged.len() - 8;
    forged.replace_range(at..=at, if forged.as_bytes()[at] == b'A' { "B" } else { "A" });
    assert_eq!(take(forged).await.unwrap_err().code(), Code::LogNotVerified);

    let report = made.engine.witness_report(true).await.unwrap();
    let view = &report.witnesses[0];
    assert_eq!((view.cosigned, view.behind), (Some(2), report.records - 2));

    tenants(&made, &["one"]).await;
    let second = made.engine.witness_request("acme.example/w", None).await.unwrap();
    assert_eq!(second.old, 2);
    let cosigned = own.cosign(&second, None, chrono_now()).unwrap();
    take(cosigned.note.to_string()).await.unwrap();
    let unknown = made.engine.witness_request("nobody", None).await.unwrap_err();
    assert_eq!(unknown.code(), Code::WitnessNotFound);

    // The operator goes back to an older state, where nothing else knows: the witness does.
    made.engine.anchor_now().await.unwrap();
    close(made).await;
    let ground_two = Ground::new();
    let forked = ground_two.make().await;
    tenants(&forked, &["other", "and", "another", "a", "b", "c", "d", "e"]).await;
    let new = NewWitness { key: Some(own.key()), ..NewWitness::default() };
    forked.engine.add_witness(&forked.admin(), new).await.unwrap();
    let seen = own.size(log.name()).unwrap();
    let request = forked.engine.witness_request("acme.example/w", Some(seen)).await.unwrap();
    let error = own.cosign(&request, None, chrono_now()).unwrap_err();
    assert_eq!(error.code(), Code::LogForked);
    // And the fork refuses what the witness cosigned of the other history.
    let note = cosigned.note.to_string();
    let taken = forked.engine.take_cosignatures(&forked.admin(), &note).await.unwrap_err();
    assert_eq!(taken.code(), Code::LogForked);
}

/// A witness that is met in a folder: the log asks and takes by itself, and a roll-back is found by what
/// the witness has cosigned.
#[tokio::test]
async fn a_witness_in_a_folder_is_asked_and_answers() {
    let ground = Ground::new();
    let made = ground.make().await;
    let log = made.engine.verifier_key();
    let own = witness(&ground.path("officer"));
    let folder = ground.path("witness-folder");
    let new =
        NewWitness { key: Some(own.key()), folder: Some(folder.display().to_string()), url: None };
    made.engine.add_witness(&made.admin(), new).await.unwrap();
    ground.copy("workspace", "copy");
    let exchange = Exchange::new(&folder, own.key().name().clone());
    let cosign = async |made: &TestWorkspace| {
        made.engine.anchor_now().await.unwrap();
        let [request] = exchange.requests().unwrap().try_into().unwrap();
        let cosigned = own.cosign(&request, Some(&log), chrono_now()).unwrap();
        exchange.hand_over(log.name(), &cosigned.note).unwrap();
        made.engine.anchor_now().await.unwrap();
        cosigned.checkpoint.size
    };
    assert_eq!(cosign(&made).await, 2);
    tenants(&made, &["one"]).await;
    assert_eq!(cosign(&made).await, 3);
    let view = made.engine.witness_report(true).await.unwrap().witnesses.remove(0);
    assert_eq!((view.cosigned, view.behind), (Some(3), 0));
    close(made).await;

    ground.copy("copy", "workspace");
    // All that the account and the folder keep is gone back as well; the witness's answer is not.
    fs::remove_dir_all(ground.path("anchors")).unwrap();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "checkpoint") {
            fs::remove_file(path).unwrap();
        }
    }
    let error = refusal(ground.open().await);
    assert_eq!(error.code(), Code::LogRolledBack);
    assert!(error.to_string().contains("witness `acme.example/w`"), "{error}");

    // Accepted, the witness has parted from this log: it is said for ever, and asked no more.
    let opened = ground.open_accepting(accept("restored", Role::Administrator)).await.unwrap();
    close(opened).await;
    let opened = ground.open().await.unwrap();
    let view = opened.engine.witness_report(true).await.unwrap().witnesses.remove(0);
    assert!(view.parted_at.is_some());
}

#[tokio::test]
async fn a_witness_under_a_url_that_is_down_is_said_and_stops_nobody() {
    let ground = Ground::new();
    let made = ground.make().await;
    let own = witness(&ground.path("officer"));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let new = NewWitness { key: Some(own.key()), url: Some(url), folder: None };
    made.engine.add_witness(&made.admin(), new).await.unwrap();
    let bad = NewWitness { url: Some("ftp://w".into()), ..NewWitness::default() };
    assert!(made.engine.add_witness(&made.admin(), bad).await.is_err());
    made.engine.anchor_now().await.unwrap();
    close(made).await;
    let opened = ground.open().await.unwrap();
    let report = opened.engine.witness_report(true).await.unwrap();
    assert_eq!(found(&report, "acme.example/w"), "unreachable");
}

fn witness(folder: &Path) -> OwnWitness {
    let passphrase = Some(Zeroizing::new("correct horse battery".to_owned()));
    let name = "acme.example/w".parse().unwrap();
    OwnWitness::create(folder, keyward_witness::NewWitness { name, passphrase }).unwrap()
}

fn chrono_now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}
