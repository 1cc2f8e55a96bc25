//! The workspace that is attacked, as its owner made it.
//!
//! It is made once and kept beside the build, since every test runs in a process of its own. Its log has
//! four days, made with a clock that goes ahead of the system's, which the command then follows: two
//! archived ones of a few records, one of more than a tile of them, and the newest, on which the others
//! were sealed.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, TimeDelta, Utc};
use keyward_core::{Actor, Role};
use keyward_engine::{ArchiveDataset, ArchiveDays, Clock, Engine, Parts, Providers, Settings};
use keyward_kms::local::LocalKeyStore;
use keyward_ledger::SigningKey;
use keyward_secrets::Vault;
use keyward_store::{Objects, Store};
use keyward_tests::command::{PASSPHRASE, Terminal};

use crate::scene::copy;

/// Objects that are put on the third day: as many records, and more than a tile has.
const OBJECTS: usize = 290;

/// The prepared workspace, made by whichever test comes first.
pub fn prepared(program: &Path) -> PathBuf {
    let built = fs::metadata(program).unwrap().modified().unwrap();
    let built = built.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lock = File::create(place.join("log_attacks.lock")).unwrap();
    lock.lock().unwrap();
    // Another day than today's is as good, but the log's days are counted from the one it was made on.
    let name = format!("log_attacks.{}.{}", Utc::now().date_naive(), built.as_nanos());
    let ready = place.join(&name);
    if !ready.exists() {
        for old in fs::read_dir(place).unwrap().map(Result::unwrap) {
            if old.file_name().to_string_lossy().starts_with("log_attacks.") && old.path().is_dir()
            {
                fs::remove_dir_all(old.path()).unwrap();
            }
        }
        let terminal = Terminal::new("log_attacks").unwrap();
        make(&terminal);
        let making = place.join(format!("{name}.making"));
        copy(&terminal.path("."), &making);
        fs::rename(making, &ready).unwrap();
    }
    ready
}

/// What its owner does.
fn make(terminal: &Terminal) {
    terminal.json(&["init", "--secrets", "passphrase"]);
    for tenant in ["ops", "acme"] {
        let key = format!("{tenant}-root");
        terminal.json(&["tenant", "add", tenant, "--name", tenant]);
        terminal.json(&["keystore", "create", &key, "--allow", tenant]);
        terminal.json(&["key", "add", tenant, &format!("local:{key}")]);
        let challenge = terminal.json(&["challenge", "start", &format!("rk:{tenant}/1")]);
        let command = challenge["command"].as_str().unwrap();
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        let nonce = terminal.json(&words)["plaintext"].as_str().unwrap().to_owned();
        let id = challenge["id"].as_str().unwrap();
        terminal.json(&["challenge", "answer", id, "--nonce", &nonce]);
        terminal.json(&["dataset", "create", tenant, "docs"]);
    }
    days_pass(terminal, 1, false);
    for id in ["globex", "initech"] {
        terminal.json(&["tenant", "add", id, "--name", id]);
    }
    days_pass(terminal, 2, false);
    for number in 0..OBJECTS {
        terminal.file(&format!("in/report-{number:03}.pdf"), b"secret");
    }
    terminal.json(&["put", "acme", "docs", "in"]);
    // These tests are about their records; nobody reads them again.
    for objects in ["in", "workspace/objects/acme"] {
        fs::remove_dir_all(terminal.path(objects)).unwrap();
    }
    days_pass(terminal, 4, true);
    for id in ["umbrella", "hooli", "stark", "wayne"] {
        terminal.json(&["tenant", "add", id, "--name", id]);
    }
    terminal.json(&["audit", "verify", "--search-index"]);
}

/// Leaves a record so many days after today; then, if so told, seals what is past and archives the first
/// two days. The commands that follow have no earlier time than that.
fn days_pass(terminal: &Terminal, days: i64, archive: bool) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = terminal.path("workspace");
        let secret = |name| vault(terminal).load(name).unwrap().unwrap();
        let keystore =
            LocalKeyStore::open(&folder.join("keystore"), secret("keystore-sealing")).unwrap();
        let parts = Parts {
            store: Store::open(&folder.join("keyward.db")).await.unwrap(),
            objects: Objects::open(folder.join("objects").to_str().unwrap()).await.unwrap(),
            providers: Providers::new().with(Arc::new(keystore)),
            signing_key: SigningKey::from_seed(&secret("log-seed")),
            settings: Settings::default(),
            anchors: Vec::new(),
            accept: None,
            region: None,
            clock: Box::new(Ahead(TimeDelta::days(days))),
        };
        let actor = Actor("owner".into());
        let engine = Engine::open(parts, actor.clone()).await.unwrap();
        let context = engine.context(actor, Role::Administrator).unwrap();
        let under: ArchiveDataset = "ops/docs".parse().unwrap();
        engine.set_audit_retention(&context, Some(1), Some(&under)).await.unwrap();
        if archive {
            engine.audit_seal(&context, None).await.unwrap();
            let days = engine.audit_days(&context).await.unwrap();
            for day in &days[..2] {
                let day = ArchiveDays::Day(day.day);
                engine.audit_archive(&context, day, &|_, _| ()).await.unwrap();
            }
        }
    });
}

/// Its secrets, for who has the passphrase.
pub fn vault(terminal: &Terminal) -> Vault {
    Vault::passphrase(terminal.path("workspace/secrets.json"), PASSPHRASE.to_owned().into())
}

/// The system's clock, some time later.
struct Ahead(TimeDelta);

impl Clock for Ahead {
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.0
    }
}
