//! Where tiles and entry bundles lie in a folder or under a URL (C2SP tlog-tiles, "APIs").

use std::{fmt, str::FromStr};

use crate::{LedgerError, error::start_of};

use super::{TILE_WIDTH, TileId};

/// A path like `tile/0/x001/067` or `tile/entries/273.p/112`. Prints and parses in its one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TilePath {
    /// What lies there.
    pub resource: TileResource,
    /// Of how many hashes or entries, 1 to 256; 256 where it is full.
    pub width: usize,
}

/// What lies at a tile path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TileResource {
    /// A tile's hashes.
    Hashes(TileId),
    /// The records of the level 0 tile with this index.
    Entries(u64),
}

impl TilePath {
    /// The path of a tile of hashes.
    #[must_use]
    pub fn hashes(tile: TileId, width: usize) -> Self {
        Self { resource: TileResource::Hashes(tile), width }
    }

    /// The path of the records of the level 0 tile with this index.
    #[must_use]
    pub fn entries(index: u64, width: usize) -> Self {
        Self { resource: TileResource::Entries(index), width }
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = match self.resource {
            TileResource::Hashes(TileId { level, index }) => {
                write!(f, "tile/{level}/")?;
                index
            }
            TileResource::Entries(index) => {
                f.write_str("tile/entries/")?;
                index
            }
        };
        // "A non-negative integer encoded into zero-padded 3-digit path elements. All but the last path
        // element MUST begin with an `x`."
        let digits = format!("{index:03}");
        let digits = format!("{digits:0>width$}", width = digits.len().next_multiple_of(3));
        let (groups, _) = digits.as_bytes().as_chunks::<3>();
        for (place, [a, b, c]) in groups.iter().enumerate() {
            let (lead, end) = if place + 1 < groups.len() { ("x", "/") } else { ("", "") };
            write!(f, "{lead}{}{}{}{end}", *a as char, *b as char, *c as char)?;
        }
        // "The `.p/<W>` suffix is only present for partial tiles."
        if self.width < TILE_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for TilePath {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        parse(text)
            // A text with leading zeros or the like reads as a path that prints otherwise.
            .filter(|path| path.to_string() == text)
            .ok_or_else(|| LedgerError::InvalidTilePath { text: start_of(text) })
    }
}

fn parse(text: &str) -> Option<TilePath> {
    let (kind, rest) = text.strip_prefix("tile/")?.split_once('/')?;
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok().filter(|width| *width > 0)?),
        None => (rest, TILE_WIDTH),
    };
    if index.len() > "x018/x446/x744/x073/x709/x551/615".len() {
        return None;
    }
    let digits: String =
        index.split('/').map(|part| part.strip_prefix('x').unwrap_or(part)).collect();
    let index = digits.parse().ok()?;
    let resource = if kind == "entries" {
        TileResource::Entries(index)
    } else {
        let level = kind.parse().ok().filter(|level| *level <= TileId::MAX_LEVEL)?;
        TileResource::Hashes(TileId { level, index })
    };
    Some(TilePath { resource, width })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_written_as_the_specification_shows() {
        let tile = |level, index| TileId { level, index };
        for (path, text) in [
            (TilePath::hashes(tile(0, 1_234_067), 256), "tile/0/x001/x234/067"),
            (TilePath::hashes(tile(0, 0), 256), "tile/0/000"),
            (TilePath::hashes(tile(63, 1000), 1), "tile/63/x001/000.p/1"),
            (TilePath::entries(273, 112), "tile/entries/273.p/112"),
            (
                TilePath::entries(u64::MAX, 255),
                "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255",
            ),
        ] {
            assert_eq!(path.to_string(), text);
            assert_eq!(text.parse(), Ok(path));
        }
    }

    #[test]
    fn refuses_other_spellings() {
        for bad in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/001",
            "tile/0/x001",
            "tile/0/001/x002",
            "tile/0/001/002",
            "tile/00/001",
            "tile/64/001",
            "tile/-1/001",
            "tile/+1/001",
            "tile/0/001.p/0",
            "tile/0/001.p/256",
            "tile/0/001.p/01",
            "tile/0/001.p/+1",
            "tile/0/001.p/",
            "tile/0/001.p",
            "/tile/0/001",
            "tile/0/001/",
            "tile/entries/../001",
            "tile/data/001",
            "tile/0/+01",
            "tile/0/xx001/001",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/x001/x018/x446/x744/x073/x709/x551/615",
        ] {
            assert!(bad.parse::<TilePath>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn paths_read_back(level in 0_u8..64, index: u64, width in 1_usize..=256, entries: bool) {
            let path = if entries {
                TilePath::entries(index, width)
            } else {
                TilePath::hashes(TileId { level, index }, width)
            };
            prop_assert_eq!(path.to_string().parse(), Ok(path));
        }
    }
}
