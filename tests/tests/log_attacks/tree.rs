//! The log's hashes, computed anew by somebody who rewrites its records.

use std::fmt::Write as _;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_ledger::{Checkpoint, Hash, Origin, SigningKey, TileEdge, TileId, leaf_hash, root_of};

use crate::scene::Scene;

/// All leaf hashes of a log.
pub struct Tree {
    origin: Origin,
    leaves: Vec<Hash>,
}

impl Tree {
    /// As the tiles have them.
    pub fn of(scene: &Scene) -> Self {
        let tiles = scene.sql("SELECT hex(hashes) FROM audit_tiles WHERE level = 0 ORDER BY tile");
        let bytes = hex::decode(tiles.replace('\n', "")).unwrap();
        let leaves = bytes.as_chunks().0.iter().map(|hash| Hash(*hash)).collect();
        let origin =
            Origin::new(&scene.sql("SELECT value FROM workspace WHERE key = 'origin'")).unwrap();
        Self { origin, leaves }
    }

    /// Puts another record in a place.
    pub fn set(&mut self, seq: u64, body: &str) {
        self.leaves[usize::try_from(seq).unwrap()] = leaf_hash(body.as_bytes());
    }

    /// Takes the last records away.
    pub fn cut(&mut self, size: u64) {
        self.leaves.truncate(usize::try_from(size).unwrap());
    }

    /// What writes every tile and the head's edge, in place of those that are there.
    pub fn statements(&self) -> String {
        let mut edge = TileEdge::new();
        let mut text = "DELETE FROM audit_tiles;".to_owned();
        for growth in edge.extend(&self.leaves) {
            let TileId { level, index } = growth.tile.id;
            let hashes = hex::encode(&growth.tile.hashes);
            write!(text, "INSERT INTO audit_tiles VALUES ({level}, {index}, x'{hashes}');")
                .unwrap();
        }
        let frontier = hex::encode(edge.frontier().to_bytes());
        let size = self.leaves.len();
        write!(text, "UPDATE audit_head SET size = {size}, frontier = x'{frontier}';").unwrap();
        text
    }

    /// The root over the first records, as a checkpoint spells it.
    pub fn root(&self, size: u64) -> String {
        BASE64_STANDARD.encode(self.checkpoint(size).root.0)
    }

    /// The checkpoint over the first records, signed.
    pub fn signed(&self, size: u64, key: &SigningKey) -> String {
        self.checkpoint(size).sign(key)
    }

    /// What puts a newly signed checkpoint into the head, and in every place where one is kept.
    pub fn signatures(&self, scene: &Scene, key: &SigningKey) -> String {
        let note = self.signed(self.leaves.len() as u64, key);
        let mut text = format!("UPDATE audit_head SET checkpoint = '{note}';");
        for size in scene.sql("SELECT size FROM audit_checkpoints").lines() {
            let note = self.signed(size.parse().unwrap(), key);
            write!(text, "UPDATE audit_checkpoints SET note = '{note}' WHERE size = {size};")
                .unwrap();
        }
        text
    }

    fn checkpoint(&self, size: u64) -> Checkpoint {
        let leaves = &self.leaves[..usize::try_from(size).unwrap()];
        let root = root_of(leaves.iter().copied());
        Checkpoint { origin: self.origin.clone(), size, root }
    }
}
