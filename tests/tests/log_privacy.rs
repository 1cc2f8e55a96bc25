//! The log's privacy, over a tenant's whole life in a dataset that is set to digests: no record, and
//! nothing else in the database but the list of objects, holds an object's name, a byte of an object or
//! of a key; and the tenant opens the digests without Keyward.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_core::{DatasetName, LoggedNames, ObjectName, Role, SecretKey, TenantId};
use keyward_engine::{
    OpenedNames, OperationContext, RewrapOptions, RewrapProgress, RootKeyRotation, ServingChange,
    Sidecar, Source, WatchSettings,
};
use keyward_kms::{Reason, RootKeyService};
use keyward_ledger::Action;
use keyward_store::layout::StoredPath;
use keyward_testkit::TestWorkspace;
use keyward_tests::{behind, peers::python::python};
use serde_json::Value;
use sqlx::Row;

/// An approver's key, of which nobody has the private half.
const APPROVER: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGUyJLdv4sTGKueenbth0yy5iMf98X1qHQlhJ27pXfr/ approver";

/// Every word that is in a name, and in no other text of the workspace.
const WORDS: [&str; 8] =
    ["quokka", "zebrafish", "marmoset", "axolotl", "pangolin", "narwhal", "capybara", "okapi"];
/// Names of objects that are no more, or never were: what a digest of theirs stands for must be guessed.
const GIVEN: [&str; 4] = ["gone/axolotl", "narwhal", "okapi", "pangolin"];
/// In every plaintext.
const CONTENT: &str = "The tapir signs at noon.";

/// The life's workspace, its dataset's ids and every data key that it had.
struct Life {
    workspace: TestWorkspace,
    acme: TenantId,
    vault: DatasetName,
    data_keys: Vec<SecretKey>,
}

impl Life {
    async fn new() -> Self {
        let workspace = TestWorkspace::new().await;
        let (acme, docs, _) = workspace.tenant("acme").await;
        let vault: DatasetName = "vault".parse().unwrap();
        let (engine, admin) = (&workspace.engine, workspace.admin());
        let digest = LoggedNames::Digest;
        engine.create_dataset(&admin, &acme, &vault, &[], digest).await.unwrap();
        // One that is set later, before it has objects.
        engine.set_dataset_names(&admin, &acme, &docs, digest).await.unwrap();
        Self { workspace, acme, vault, data_keys: Vec::new() }
    }

    async fn put(&self, name: &str) {
        let content = format!("{name}: {CONTENT}");
        self.workspace.put(&self.acme, &self.vault, name, content.as_bytes()).await.unwrap();
    }

    async fn get(&self, name: &str) {
        let read = self.workspace.get(&self.acme, &self.vault, name).await.unwrap();
        assert!(String::from_utf8(read).unwrap().ends_with(CONTENT));
    }

    /// Each operation on an object, each of which must be refused.
    async fn refused(&self, context: &OperationContext, name: &str) {
        let engine = &self.workspace.engine;
        let (acme, vault, name): (_, _, ObjectName) =
            (&self.acme, &self.vault, name.parse().unwrap());
        let source = || Source::Bytes(CONTENT.as_bytes().to_vec().into());
        let target = self.workspace.path().join("refused");
        engine.write(context, acme, vault, &name, source()).await.map(drop).unwrap_err();
        engine.read(context, acme, vault, &name).await.map(drop).unwrap_err();
        engine.read_range(context, acme, vault, &name, 0..4).await.map(drop).unwrap_err();
        engine.read_to_file(context, acme, vault, &name, &target).await.map(drop).unwrap_err();
        let sink = std::io::sink();
        engine.read_stream(context, acme, vault, &name, sink).await.map(drop).unwrap_err();
        engine.delete(context, acme, vault, &name).await.unwrap_err();
    }

    /// Opens the dataset's data keys as the tenant does, from its exit kit.
    async fn unwrap(&mut self, kit: &Path) {
        let sidecar = fs::read(kit.join("vault/keys.json")).unwrap();
        let sidecar: Sidecar = serde_json::from_slice(&sidecar).unwrap();
        for key in &sidecar.data_keys {
            let (_, reference) = sidecar.references(key).next().unwrap();
            let (reference, context) =
                (reference.parse().unwrap(), sidecar.encryption_context(key));
            let wrapped = BASE64_STANDARD.decode(&key.wrapped).unwrap();
            let unwrapped =
                self.workspace.keystore.unwrap(&reference, &context, &wrapped).await.unwrap();
            fs::write(kit.join(format!("vault/keys/{}.key", key.version)), unwrapped.expose())
                .unwrap();
            self.data_keys.push(unwrapped);
        }
    }

    /// Every record, as it stands in the log.
    async fn records(&self) -> Vec<Value> {
        let mut connection = behind::connect(&self.workspace.database()).await;
        let rows = sqlx::query("SELECT body FROM audit_records ORDER BY seq");
        let rows = rows.fetch_all(&mut connection).await.unwrap();
        rows.iter().map(|row| serde_json::from_str(row.get("body")).unwrap()).collect()
    }

    /// How many records full text search finds by a word. An index that shares words' beginnings isn't
    /// searched by its bytes.
    async fn found(&self, word: &str) -> i64 {
        let mut connection = behind::connect(&self.workspace.database()).await;
        let count = sqlx::query("SELECT count(*) FROM audit_text WHERE audit_text MATCH $1");
        count.bind(format!("{word}*")).fetch_one(&mut connection).await.unwrap().get(0)
    }

    /// The database's bytes, and what they are without its list of objects; both without what was in
    /// it once.
    async fn database(&self) -> (Vec<u8>, Vec<u8>) {
        let copy = self.workspace.path().join("copy.db");
        let _ = fs::remove_file(&copy);
        let text = format!("VACUUM INTO '{}'", copy.display());
        behind::run(&self.workspace.database(), &text).await;
        let whole = fs::read(&copy).unwrap();
        for text in ["DELETE FROM objects", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"] {
            behind::run(&copy, text).await;
        }
        (whole, fs::read(copy).unwrap())
    }
}

#[tokio::test]
async fn a_life_in_digests_leaves_no_name_no_content_and_no_key_in_the_log() {
    let mut life = Life::new().await;
    Box::pin(life.data_path()).await;
    Box::pin(life.refusals()).await;
    Box::pin(life.new_keys()).await;
    Box::pin(life.locks()).await;
    let (opened, kit) = Box::pin(life.tenant_s_own()).await;
    let (whole, database) = life.database().await;
    assert!(holds(&whole, b"zebrafish"), "the search finds what is there");
    Box::pin(life.end()).await;

    let records = life.records().await;
    every_action_is_there(&records);
    for record in &records {
        // A drill's objects are Keyward's own.
        if !record["tenant"].as_str().is_some_and(|tenant| tenant.starts_with("drill-")) {
            says_which(record);
        }
        life.is_not_in(record.to_string().as_bytes(), &record.to_string());
    }
    life.is_not_in(&database, "the database");
    life.is_not_in(&life.database().await.0, "the database at the end");

    assert!(life.found("vault").await > 20, "the search finds what is there");
    for word in WORDS {
        assert_eq!(life.found(word).await, 0, "{word}");
    }

    let logged: BTreeSet<&str> =
        records.iter().filter_map(|record| record["details"]["name_digest"].as_str()).collect();
    let known: BTreeSet<&str> = opened.names.iter().map(|one| one.digest.as_str()).collect();
    assert!(logged.len() >= 6 && opened.closed.is_empty(), "{logged:?}");
    let unknown: Vec<_> = logged.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let python =
        python("log_privacy::a_life_in_digests_leaves_no_name_no_content_and_no_key_in_the_log");
    if let Some(python) = python {
        stock_python_opens_the_same(&python, &kit, &opened);
    }
}

impl Life {
    /// Every way in and out.
    async fn data_path(&self) {
        let (engine, application) = (&self.workspace.engine, self.workspace.application());
        let (acme, vault) = (&self.acme, &self.vault);
        for name in ["quokka/2026.pdf", "zebrafish", "marmoset", "gone/axolotl"] {
            self.put(name).await;
        }
        self.put("zebrafish").await;
        self.get("quokka/2026.pdf").await;
        let name: ObjectName = "quokka/2026.pdf".parse().unwrap();
        engine.read_range(&application, acme, vault, &name, 3..9).await.unwrap();
        let target = self.workspace.path().join("out");
        engine.read_to_file(&application, acme, vault, &name, &target).await.unwrap();
        engine.read_stream(&application, acme, vault, &name, std::io::sink()).await.unwrap();
        let gone = "gone/axolotl".parse().unwrap();
        engine.delete(&application, acme, vault, &gone).await.unwrap();
        engine.list(&application, acme, vault, "quokka", None, 10).await.unwrap();
    }

    /// For want of a right, in another region, of what isn't there or is damaged.
    async fn refusals(&self) {
        let (workspace, engine) = (&self.workspace, &self.workspace.engine);
        let (acme, vault, application) = (&self.acme, &self.vault, workspace.application());
        for context in [workspace.admin(), workspace.officer()] {
            self.refused(&context, "zebrafish").await;
            self.refused(&context, "pangolin").await;
        }
        engine.list(&workspace.officer(), acme, vault, "quokka", None, 10).await.unwrap_err();
        let elsewhere = "eu-central-1".parse().unwrap();
        let elsewhere = OperationContext { region: elsewhere, ..application.clone() };
        self.refused(&elsewhere, "zebrafish").await;
        workspace.get(acme, vault, "narwhal").await.unwrap_err();
        let narwhal = "narwhal".parse().unwrap();
        engine.delete(&application, acme, vault, &narwhal).await.unwrap_err();
        let page = engine.list(&application, acme, vault, "marmoset", None, 1).await.unwrap();
        let path = StoredPath::object(acme, vault, &page.objects[0].id).to_string();
        fs::write(workspace.objects().join(path), b"no message").unwrap();
        workspace.get(acme, vault, "marmoset").await.unwrap_err();
        let misspelt = "vualt".parse().unwrap();
        workspace.get(acme, &misspelt, "capybara").await.unwrap_err();
    }

    /// New keys of every kind, and what moves to them; one object can't.
    async fn new_keys(&self) {
        let (workspace, engine) = (&self.workspace, &self.workspace.engine);
        let (acme, vault) = (&self.acme, &self.vault);
        engine.rotate_data_key(&workspace.admin(), acme, vault).await.unwrap();
        assert_eq!(
            engine.rekey(&workspace.admin(), acme, vault).await.unwrap().failed,
            ["marmoset"]
        );
        self.get("zebrafish").await;
        engine.set_rotation_period(&workspace.admin(), Some(acme), Some(30)).await.unwrap();
        engine
            .rotate_root_key(&workspace.admin(), acme, RootKeyRotation::NewVersion)
            .await
            .unwrap();
        engine
            .rewrap(&workspace.admin(), acme, RewrapOptions::default(), &RewrapProgress::unwatched)
            .await
            .unwrap();
        let second = workspace.key("acme-second", acme);
        workspace.prove(acme, &second).await;
        engine.rotate_root_key(&workspace.admin(), acme, RootKeyRotation::NewKey(2)).await.unwrap();
        self.put("okapi").await;
        engine
            .rewrap(&workspace.admin(), acme, RewrapOptions::default(), &RewrapProgress::unwatched)
            .await
            .unwrap();
    }

    /// Locked in every way, and let in again.
    async fn locks(&self) {
        let (workspace, engine) = (&self.workspace, &self.workspace.engine);
        let (acme, vault, application) = (&self.acme, &self.vault, workspace.application());
        let (none, day) = (Some(Some(Duration::ZERO)), Some(Some(Duration::from_secs(86_400))));
        let strict = ServingChange { cache: none, grant: day, ..ServingChange::default() };
        engine.set_serving(&workspace.admin(), acme, strict).await.unwrap();
        self.get("zebrafish").await;
        workspace.faults.set(Some(Reason::TimedOut));
        self.get("zebrafish").await;
        workspace.faults.set(None);
        let usual = ServingChange { cache: Some(None), grant: Some(None), ..strict };
        engine.set_serving(&workspace.admin(), acme, usual).await.unwrap();
        let often = WatchSettings { interval: Duration::from_millis(200) };
        engine.drill(&workspace.officer(), &workspace.keystore, acme, often).await.unwrap();

        engine.suspend(&workspace.admin(), acme, "by hand").await.unwrap();
        self.refused(&application, "zebrafish").await;
        engine.restore(&workspace.admin(), acme, false).await.unwrap();
        engine.revoke(&workspace.admin(), acme, "at its provider", true).await.unwrap();
        self.refused(&application, "zebrafish").await;
        engine.restore(&workspace.admin(), acme, true).await.unwrap();
        workspace.faults.set(Some(Reason::AccessDenied));
        self.refused(&application, "quokka/2026.pdf").await;
        workspace.faults.set(None);
        engine.restore(&workspace.admin(), acme, false).await.unwrap();
        workspace.faults.set(Some(Reason::TimedOut));
        workspace.get(acme, vault, "quokka/2026.pdf").await.unwrap_err();
        engine.delete(&application, acme, vault, &"okapi".parse().unwrap()).await.unwrap();
        workspace.faults.set(None);
    }

    /// Names opened, and an exit kit.
    async fn tenant_s_own(&mut self) -> (OpenedNames, PathBuf) {
        let engine = Arc::clone(&self.workspace.engine);
        let approver = self.workspace.context(Role::TenantApprover(self.acme.clone()));
        let given = GIVEN.map(|name| name.parse().unwrap());
        engine.enroll_approver(&approver, &self.acme, APPROVER).await.unwrap();
        let opened = engine.open_names(&approver, &self.acme, &self.vault, &given).await.unwrap();
        let kit = self.workspace.path().join("kit");
        engine.exit_kit(&approver, &self.acme, &kit).await.unwrap();
        self.unwrap(&kit).await;
        (opened, kit)
    }

    async fn end(&self) {
        let (workspace, engine) = (&self.workspace, &self.workspace.engine);
        engine.sweep_orphans(&workspace.admin(), Duration::ZERO).await.unwrap();
        engine.audit_verify(&workspace.officer(), &|_, _| {}).await.unwrap();
        engine.offboard(&workspace.admin(), &self.acme, true).await.unwrap();
        self.refused(&workspace.application(), "zebrafish").await;
    }
}

/// The tenant's digests, made by Python's own library from the kit and the unwrapped keys.
fn stock_python_opens_the_same(python: &Path, kit: &Path, opened: &OpenedNames) {
    fs::write(kit.join("more"), GIVEN.join("\n")).unwrap();
    let output = Command::new(python)
        // Isolated: nothing of the environment's packages.
        .args(["-I", "-S", "log_names.py", "--dataset", "vault", "--names-from", "more"])
        .current_dir(kit)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8(output.stdout).unwrap();
    let lines: BTreeSet<_> = table.lines().skip(1).map(str::to_owned).collect();
    let ours = opened.names.iter().map(|one| format!("{},{},{}", one.digest, one.key, one.name));
    assert_eq!(lines, ours.collect());
}

/// All that operations on keys, tenants and objects write. `data-key.create` and `data-key.unwrap` are
/// reserved, and an intent is settled only after a crash.
fn every_action_is_there(records: &[Value]) {
    let written: BTreeSet<&str> =
        records.iter().filter_map(|record| record["action"].as_str()).collect();
    let not_here = ["data-key.create", "data-key.unwrap", "intent.settle"];
    for action in Action::ALL.iter().map(|action| action.as_str()) {
        let resource = action.split('.').next().unwrap();
        // About no tenant: what becomes of the log, who witnesses it, what signs in at providers.
        let of_no_tenant = matches!(resource, "audit" | "witness" | "workspace" | "credential");
        let elsewhere = of_no_tenant || not_here.contains(&action);
        assert!(elsewhere || written.contains(action), "the life has no {action}");
    }
    assert!(written.contains("audit.names"));
}

/// A record about one object says in which of the three ways it names it, and in one alone.
fn says_which(record: &Value) {
    let about_one =
        matches!(record["action"].as_str(), Some("object.write" | "object.read" | "object.delete"));
    let said = |field: &str| !record["details"][field].is_null();
    assert!(!said("name"), "{record}");
    assert_eq!(said("name_digest"), said("name_key"), "{record}");
    assert_eq!(about_one, said("name_digest") != said("name_withheld"), "{record}");
    assert!(!(said("name_digest") && said("name_withheld")), "{record}");
    if about_one && record["outcome"] == "ok" {
        assert!(said("name_digest") || record["action"] == "object.delete", "{record}");
    }
}

impl Life {
    /// Neither names nor contents, however they are cased, nor keys, however they are written.
    fn is_not_in(&self, bytes: &[u8], what: &str) {
        let lower = bytes.to_ascii_lowercase();
        let content = CONTENT.to_lowercase();
        for word in WORDS.iter().copied().chain([content.as_str(), "tapir"]) {
            assert!(!holds(&lower, word.as_bytes()), "`{word}` is in {what}");
        }
        assert_eq!(self.data_keys.len(), 2);
        for key in &self.data_keys {
            let hex = hex::encode(key.expose());
            let base64 = BASE64_STANDARD.encode(key.expose());
            let base64 = base64.trim_end_matches('=');
            assert!(!holds(bytes, key.expose()), "a data key is in {what}");
            assert!(!holds(&lower, hex.as_bytes()), "a data key is in {what}");
            assert!(!holds(bytes, base64.as_bytes()), "a data key is in {what}");
        }
    }
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
