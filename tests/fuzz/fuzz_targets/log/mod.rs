//! The one log whose key the targets hold: whatever else verifies under it is forged.

// Each target is a crate of its own, and none uses everything.
#![allow(dead_code)]

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use keyward_core::{Actor, RequestId, Role, SecretKey};
use keyward_ledger::{
    Action, Checkpoint, Hash, Note, Origin, Outcome, Record, SigningKey, VerifierKey, WitnessKey,
    leaf_hash, root_of,
};

/// How many records the log has.
pub const SIZE: u64 = 9;

/// The size of the checkpoint that a witness has seen before.
pub const SEEN: u64 = 4;

/// The log.
pub struct Log {
    pub key: SigningKey,
    pub witness: SigningKey,
    pub bodies: Vec<String>,
    pub leaves: Vec<Hash>,
}

pub static LOG: LazyLock<Log> = LazyLock::new(|| {
    let bodies: Vec<String> = (0..SIZE).map(body).collect();
    Log {
        key: SigningKey::from_seed(&SecretKey::new([1; 32])),
        witness: SigningKey::from_seed(&SecretKey::new([2; 32])),
        leaves: bodies.iter().map(|body| leaf_hash(body.as_bytes())).collect(),
        bodies,
    }
});

impl Log {
    pub fn verifier(&self) -> VerifierKey {
        self.key.verifier(&origin())
    }

    pub fn witness_key(&self) -> WitnessKey {
        self.witness.witness_key(&name())
    }

    /// The checkpoint over the first records.
    pub fn checkpoint(&self, size: u64) -> Checkpoint {
        let root = root_of(self.leaves.iter().copied().take(size as usize));
        Checkpoint { origin: origin(), size, root }
    }

    /// Its note, signed and cosigned.
    pub fn note(&self, size: u64) -> Note {
        let signed = self.checkpoint(size).sign(&self.key);
        let mut note = Note::parse(&signed).expect("it was just signed");
        let line = self.witness.cosign(note.text(), &name(), time()).expect("it is after 1970");
        note.add(line).expect("it has one signature");
        note
    }
}

/// When the witness cosigns.
pub fn time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_515_781, 0).expect("it is a time")
}

fn origin() -> Origin {
    Origin::new("keyward.example/log").expect("it is an origin")
}

fn name() -> Origin {
    Origin::new("witness.example.com/w1").expect("it is a name")
}

fn body(seq: u64) -> String {
    let record = Record {
        seq,
        time: time(),
        actor: Actor("alice".into()),
        role: Role::Administrator,
        tenant: Some("acme".parse().expect("it is a tenant's id")),
        key: None,
        key_version: None,
        action: Action::TenantRegister,
        outcome: Outcome::Ok,
        code: None,
        region: "eu-central-1".parse().expect("it is a region"),
        request: RequestId::from_bytes([0xab; 16]),
        details: serde_json::Map::new(),
    };
    record.to_canonical().expect("it is short")
}
