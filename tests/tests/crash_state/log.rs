//! Follows the log record by record: each is a leaf of the tree that the head's checkpoint signs.

use std::collections::{BTreeMap, HashMap};

use keyward_ledger::{Action, Checkpoint, Frontier, Outcome, Record, leaf_hash};
use keyward_store::tables::{audit_head, audit_records, tenants::TenantState};
use keyward_testkit::TestWorkspace;

/// What all records so far say.
#[derive(Default)]
pub struct Log {
    /// Each tenant's state.
    pub tenants: BTreeMap<String, TenantState>,
    /// Each root key's version.
    pub versions: BTreeMap<String, u32>,
    /// The root key that wraps, by tenant.
    pub active: BTreeMap<String, String>,
    /// The current data key version of `docs`, by tenant.
    pub data_keys: BTreeMap<String, u32>,
    frontier: Frontier,
}

/// What the newest records say.
#[derive(Default)]
pub struct News {
    /// Intents that were settled.
    pub settled_intents: u64,
    requests: HashMap<String, Vec<(Action, Outcome)>>,
}

impl News {
    /// Whether a request has a record of this action's success.
    pub fn has(&self, request: &str, action: &str) -> bool {
        let wanted = (action.parse().unwrap(), Outcome::Ok);
        self.requests.get(request).is_some_and(|records| records.contains(&wanted))
    }
}

impl Log {
    /// How many records there are.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Takes in the records since the last time, and checks that they lead to the signed checkpoint.
    pub async fn catch_up(&mut self, workspace: &TestWorkspace) -> News {
        let store = workspace.store().await.unwrap();
        let mut reader = store.snapshot().await.unwrap();
        let mut news = News::default();
        loop {
            let rows = audit_records::read_range(&mut reader, self.size(), 1000).await.unwrap();
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let record = Record::parse(&row.body).unwrap();
                assert_eq!(record.seq, self.size(), "no record is missing");
                let leaf = leaf_hash(row.body.as_bytes());
                assert_eq!(leaf.0, row.leaf);
                self.frontier.append(leaf);
                self.take_in(&record);
                if record.action == Action::IntentSettle {
                    news.settled_intents += 1;
                }
                let request = news.requests.entry(record.request.to_string()).or_default();
                request.push((record.action, record.outcome));
            }
        }
        let head = audit_head::get(&mut reader).await.unwrap();
        assert_eq!(head.frontier, self.frontier.to_bytes());
        let key = workspace.engine.verifier_key();
        let checkpoint = Checkpoint::verify(&head.checkpoint, &key).unwrap();
        assert_eq!((checkpoint.size, checkpoint.root), (self.size(), self.frontier.root()));
        news
    }

    fn take_in(&mut self, record: &Record) {
        let Some(tenant) = record.tenant.as_ref().map(ToString::to_string) else { return };
        let key = record.key.as_ref().map(ToString::to_string);
        if let (Some(key), Some(version)) = (&key, record.key_version)
            && key.starts_with("rk:")
        {
            let known = self.versions.entry(key.clone()).or_default();
            *known = version.max(*known);
        }
        if record.outcome != Outcome::Ok {
            return;
        }
        match record.action {
            Action::TenantRegister => drop(self.tenants.insert(tenant, TenantState::Pending)),
            Action::TenantSuspend => drop(self.tenants.insert(tenant, TenantState::Suspended)),
            Action::TenantRevoke => drop(self.tenants.insert(tenant, TenantState::Revoked)),
            Action::TenantRestore => drop(self.tenants.insert(tenant, TenantState::Active)),
            Action::RootKeyActivate | Action::RootKeyReplace => {
                let active = self.active.insert(tenant.clone(), key.expect("a root key"));
                if active.is_none() {
                    self.tenants.insert(tenant, TenantState::Active);
                }
            }
            Action::DatasetCreate | Action::DataKeyRotate => {
                self.data_keys.insert(tenant, record.key_version.expect("a version"));
            }
            _ => {}
        }
    }
}
