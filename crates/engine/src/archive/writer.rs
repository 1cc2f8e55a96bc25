//! Writing an archive, piece by piece.

use std::io::Write as _;

use keyward_core::EncryptionContext;
use keyward_envelope::{Encryptor, Randomness, RawAesKeyring, Sealing};
use keyward_ledger::{Frontier, Hash, LedgerError, TileId, leaf_hash};
use keyward_store::tables::audit_records::AuditChunk;
use sha2::{Digest, Sha256};

use crate::EngineError;

/// What compresses faster than records are read; much higher levels save little more on such texts.
const LEVEL: i32 = 6;

/// Takes a day's records in their order and gives the file's bytes in order.
pub(super) struct ArchiveWriter {
    compressor: zstd::stream::write::Encoder<'static, Vec<u8>>,
    encryptor: Encryptor,
    sha256: Sha256,
    bytes: u64,
    next: u64,
    tree: Frontier,
}

/// What has been written, once it is whole.
pub(super) struct Written {
    pub(super) bytes: u64,
    pub(super) sha256: String,
    pub(super) root: Hash,
}

impl ArchiveWriter {
    /// Starts a file whose first record is `first`, and gives its first bytes.
    pub(super) fn new(
        keyring: &RawAesKeyring,
        context: &EncryptionContext,
        first: u64,
    ) -> Result<(Self, Vec<u8>), EngineError> {
        let (encryptor, header) =
            Encryptor::new(&Sealing::new(keyring, context), Randomness::draw()?)?;
        let compressor = zstd::stream::write::Encoder::new(Vec::new(), LEVEL);
        let mut writer = Self {
            compressor: compressor.map_err(EngineError::io("the compressor"))?,
            encryptor,
            sha256: Sha256::new(),
            bytes: 0,
            next: first,
            tree: Frontier::new(),
        };
        writer.count(&header);
        Ok((writer, header))
    }

    /// Takes the next records, with the leaf hashes that the tree has for them, and gives the file's
    /// next bytes, which may be none.
    ///
    /// Nothing goes into the file that doesn't have its hash: an archive that was right when its rows
    /// went stays evidence.
    pub(super) fn push(
        &mut self,
        chunk: &AuditChunk,
        hashes: &[u8],
    ) -> Result<Vec<u8>, EngineError> {
        let mut hashes = hashes.chunks_exact(Hash::LENGTH);
        for row in chunk.rows() {
            let expected = self.next;
            if row.seq != expected {
                return Err(LedgerError::Missing { expected, found: row.seq }.into());
            }
            let hash = leaf_hash(row.body);
            match hashes.next() {
                Some(stored) if stored == hash.as_ref() => {}
                Some(stored) if stored.iter().any(|byte| *byte != 0) => {
                    return Err(LedgerError::LeafHashDiffers { seq: row.seq }.into());
                }
                _ => {
                    let tile = TileId { level: 0, index: row.seq / 256 };
                    return Err(LedgerError::HashMissing { seq: row.seq, tile }.into());
                }
            }
            self.tree.append(hash);
            self.compressor
                .write_all(row.body)
                .and_then(|()| self.compressor.write_all(b"\n"))
                .map_err(EngineError::io("the compressor"))?;
            self.next += 1;
        }
        let compressed = std::mem::take(self.compressor.get_mut());
        let mut sealed = Vec::new();
        self.encryptor.push(&compressed, &mut sealed)?;
        self.count(&sealed);
        Ok(sealed)
    }

    /// Gives the file's last bytes, and what there was to write.
    pub(super) fn finish(mut self) -> Result<(Vec<u8>, Written), EngineError> {
        self.compressor.do_finish().map_err(EngineError::io("the compressor"))?;
        let compressed = std::mem::take(self.compressor.get_mut());
        let mut sealed = Vec::new();
        self.encryptor.push(&compressed, &mut sealed)?;
        self.encryptor.finish(&mut sealed)?;
        self.sha256.update(&sealed);
        let written = Written {
            bytes: self.bytes + sealed.len() as u64,
            sha256: hex::encode(self.sha256.finalize()),
            root: self.tree.root(),
        };
        Ok((sealed, written))
    }

    fn count(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}
