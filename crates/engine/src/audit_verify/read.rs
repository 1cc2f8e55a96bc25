//! Reading ahead: connections of their own read the next pieces while all cores verify the last ones.

use keyward_ledger::{Hash, LedgerError, TileId, tile::TILE_WIDTH};
use keyward_store::{
    Reader, Store,
    tables::{
        audit_days::{self, AuditDay},
        audit_records::{self, AuditChunk},
        audit_tiles,
    },
};
use tokio::sync::mpsc;

use super::{
    counts::Counts,
    days::{Piece, is_here},
};
use crate::{
    EngineError,
    log_tiles::{self, Tiles},
};

/// How many connections read ahead.
const READERS: usize = 2;

/// How many pieces a connection may be ahead.
const AHEAD: usize = 2;

/// A piece as it was read.
pub(super) struct Read {
    pub(super) piece: Piece,
    pub(super) chunk: AuditChunk,
    /// The leaf hashes of its records.
    pub(super) hashes: Vec<u8>,
    /// The tiles above the leaf hashes that become full within it.
    pub(super) tiles: Tiles,
    pub(super) counts: Counts,
}

/// The pieces in their order.
pub(super) struct Pieces {
    readers: Vec<mpsc::Receiver<Result<Read, EngineError>>>,
    next: usize,
}

impl Pieces {
    /// Starts reading. Each connection sees the log at its own moment; all see the same rows of it, since
    /// rows come and go with their day alone, and that is compared.
    pub(super) async fn read(
        store: &Store,
        days: &[AuditDay],
        pieces: &[Piece],
    ) -> Result<Self, EngineError> {
        let mut readers = Vec::with_capacity(READERS);
        for place in 0..READERS.min(pieces.len()) {
            let mut reader = store.snapshot().await?;
            if moved(days, &audit_days::list(&mut reader).await?) {
                let what = "the log's days".to_owned();
                return Err(EngineError::ChangedMeanwhile(what));
            }
            let own: Vec<Piece> = pieces.iter().skip(place).step_by(READERS).cloned().collect();
            let (sender, receiver) = mpsc::channel(AHEAD);
            tokio::spawn(read_all(reader, own, sender));
            readers.push(receiver);
        }
        Ok(Self { readers, next: 0 })
    }

    /// The next piece; none after the last.
    pub(super) async fn next(&mut self) -> Option<Result<Read, EngineError>> {
        let count = self.readers.len().max(1);
        let reader = self.readers.get_mut(self.next % count)?;
        self.next += 1;
        reader.recv().await
    }
}

/// Whether the rows of any day have come or gone.
fn moved(before: &[AuditDay], now: &[AuditDay]) -> bool {
    before.iter().zip(now).any(|(a, b)| (a.first, is_here(a)) != (b.first, is_here(b)))
}

async fn read_all(
    mut reader: Reader,
    pieces: Vec<Piece>,
    sender: mpsc::Sender<Result<Read, EngineError>>,
) {
    for piece in pieces {
        let read = read(&mut reader, piece).await;
        let ends = read.is_err();
        // Nobody wants more where something was found wrong.
        if sender.send(read).await.is_err() || ends {
            return;
        }
    }
}

async fn read(reader: &mut Reader, piece: Piece) -> Result<Read, EngineError> {
    let records = &piece.records;
    let length = records.end - records.start;
    // Of an archived day one row is too many.
    let limit = if piece.here { u32::try_from(length).unwrap_or(u32::MAX) } else { 1 };
    let chunk = audit_records::read_chunk(reader, records.start, limit).await?;
    let hashes = audit_tiles::leaf_hashes(reader, records.start, length as usize).await?;
    if let Some(place) = hashes.as_chunks().0.iter().position(|hash| *hash == [0; Hash::LENGTH]) {
        let seq = records.start + place as u64;
        return Err(LedgerError::HashMissing { seq, tile: TileId::of_record(seq).0 }.into());
    }
    let tiles = log_tiles::read(reader, &filled(records.start, records.end)).await?;
    let counts = if piece.here { Counts::of(&chunk) } else { Counts::default() };
    Ok(Read { piece, chunk, hashes, tiles, counts })
}

/// The tiles above the leaf hashes that become full as the tree grows from one size to another.
fn filled(from: u64, to: u64) -> Vec<TileId> {
    let mut tiles = Vec::new();
    let mut spanned = TILE_WIDTH as u64;
    for level in 1..=TileId::MAX_LEVEL {
        spanned = match spanned.checked_mul(TILE_WIDTH as u64) {
            Some(spanned) if spanned <= to => spanned,
            _ => break,
        };
        tiles.extend((from / spanned..to / spanned).map(|index| TileId { level, index }));
    }
    tiles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_read_where_they_become_full() {
        let tile = |level, index| TileId { level, index };
        assert_eq!(filled(0, 65_535), []);
        assert_eq!(filled(65_535, 65_536), [tile(1, 0)]);
        assert_eq!(filled(65_536, 131_071), []);
        assert_eq!(filled(0, 131_072), [tile(1, 0), tile(1, 1)]);
        let all = filled((1 << 24) - 1, 1 << 24);
        assert_eq!(all, [tile(1, 255), tile(2, 0)]);
    }
}
