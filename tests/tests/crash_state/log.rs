//! Follows the log record by record: each is a leaf of the tree that the head's checkpoint signs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use keyward_ledger::{Action, Checkpoint, Frontier, Outcome, Record, TileEdge, leaf_hash};
use keyward_store::{
    Reader,
    tables::{
        audit_head, audit_records, audit_tiles, challenges::ChallengeState, tenants::TenantState,
    },
};
use keyward_testkit::TestWorkspace;

/// Codes of answers that use a challenge up.
const SPENT: [&str; 2] = ["challenge-failed", "probe-failed"];

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
    /// The ids of the objects that are there, by tenant and name.
    pub objects: BTreeMap<(String, String), String>,
    /// The data key version of each object that ever was there, by its id.
    pub wrapped_by: HashMap<String, u32>,
    /// What became of each challenge.
    pub challenges: BTreeMap<String, ChallengeState>,
    /// Requests whose outside effect was announced, and whose end isn't recorded yet.
    pub intents: BTreeSet<String>,
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
        self.outcomes(request, action).any(|outcome| outcome == Outcome::Ok)
    }

    /// Whether a request has a record of this action's refusal or failure.
    pub fn has_failure(&self, request: &str, action: &str) -> bool {
        self.outcomes(request, action)
            .any(|outcome| matches!(outcome, Outcome::Denied | Outcome::Failed))
    }

    fn outcomes(&self, request: &str, action: &str) -> impl Iterator<Item = Outcome> {
        let action: Action = action.parse().unwrap();
        let records = self.requests.get(request).into_iter().flatten();
        records.filter(move |record| record.0 == action).map(|record| record.1)
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
            let first = self.size();
            let chunk = audit_records::read_chunk(&mut reader, first, 1000).await.unwrap();
            if chunk.is_empty() {
                break;
            }
            let stored = audit_tiles::leaf_hashes(&mut reader, first, chunk.len()).await.unwrap();
            for (row, stored) in chunk.rows().zip(stored.chunks_exact(32)) {
                let record = Record::parse(std::str::from_utf8(row.body).unwrap()).unwrap();
                assert_eq!((row.seq, record.seq), (self.size(), row.seq), "no record is missing");
                let leaf = leaf_hash(row.body);
                assert_eq!(leaf.0, stored, "the tile of record {}", row.seq);
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
        self.tiles_agree(&mut reader).await;
        news
    }

    /// The right edge of the tree, as the tiles have it on each level, is that of the records.
    async fn tiles_agree(&self, reader: &mut Reader) {
        let ids: Vec<_> =
            TileEdge::tiles_of(self.size()).map(|(id, _)| (id.level, id.index)).collect();
        let tiles = audit_tiles::get_many(reader, &ids).await.unwrap();
        let edge = TileEdge::restore(self.size(), |id| {
            let tile = tiles.iter().find(|tile| (tile.level, tile.tile) == (id.level, id.index));
            tile.map(|tile| tile.hashes.as_slice())
        });
        assert_eq!(edge.unwrap().root(), self.frontier.root());
    }

    fn take_in(&mut self, record: &Record) {
        let Some(tenant) = record.tenant.as_ref().map(ToString::to_string) else { return };
        let detail = |name: &str| {
            record.details.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
        };
        self.follow_intent(record, &detail("intent"));
        if record.action == Action::ChallengeAnswer
            && record.code.as_deref().is_some_and(|code| SPENT.contains(&code))
        {
            self.challenges.insert(detail("challenge"), ChallengeState::Failed);
        }
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
            Action::ObjectWrite => {
                self.wrapped_by.insert(detail("id"), record.key_version.expect("a version"));
                self.objects.insert((tenant, detail("name")), detail("id"));
            }
            Action::ObjectDelete => {
                let deleted = self.objects.remove(&(tenant, detail("name")));
                assert_eq!(deleted, Some(detail("id")), "what record {} deletes", record.seq);
            }
            Action::ObjectRekey => {
                for id in record.details["objects"].as_array().expect("a list") {
                    let id = id.as_str().expect("an id").to_owned();
                    self.wrapped_by.insert(id, record.key_version.expect("a version"));
                }
            }
            Action::ChallengeStart => {
                self.challenges.insert(detail("challenge"), ChallengeState::Open);
            }
            Action::ChallengeAnswer => {
                self.challenges.insert(detail("challenge"), ChallengeState::Passed);
            }
            _ => {}
        }
    }

    /// An intent ends with a record of the same action and request, or with one that settles it.
    fn follow_intent(&mut self, record: &Record, settled: &str) {
        let request = record.request.to_string();
        match (record.action, record.outcome) {
            (_, Outcome::Intent) => {
                self.intents.insert(request);
            }
            (Action::RootKeyRotate | Action::RootKeyState, _) => {
                self.intents.remove(&request);
            }
            (Action::IntentSettle, Outcome::Ok) => {
                self.intents.remove(settled);
            }
            _ => {}
        }
    }
}
