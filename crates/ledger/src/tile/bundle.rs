//! Entry bundles (C2SP tlog-tiles, "Log entries"): the records of one level 0 tile, each with its length.
//!
//! "Entry bundles are sequences of big-endian uint16 length-prefixed log entries."

use crate::{BundleFault, LedgerError};

use super::TILE_WIDTH;

/// The longest entry that a bundle can hold, in bytes.
pub const MAX_ENTRY_LENGTH: usize = u16::MAX as usize;

/// The longest bundle there can be: a file longer than this needn't be read.
pub const MAX_LENGTH: usize = TILE_WIDTH * (2 + MAX_ENTRY_LENGTH);

/// Appends an entry to a bundle.
///
/// # Errors
/// [`LedgerError::RecordTooLarge`].
pub fn push(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), LedgerError> {
    let length = u16::try_from(entry.len())
        .map_err(|_| LedgerError::RecordTooLarge { length: entry.len() })?;
    bundle.extend(length.to_be_bytes());
    bundle.extend(entry);
    Ok(())
}

/// The entries of the bundle with this index, in their order.
///
/// # Errors
/// [`LedgerError::InvalidBundle`] where the bytes end inside an entry, or hold more than 256.
pub fn entries(index: u64, bundle: &[u8]) -> Result<Vec<&[u8]>, LedgerError> {
    let invalid = |fault| LedgerError::InvalidBundle { bundle: index, fault };
    let mut entries = Vec::with_capacity(TILE_WIDTH);
    let mut rest = bundle;
    while !rest.is_empty() {
        if entries.len() == TILE_WIDTH {
            return Err(invalid(BundleFault::TooMany));
        }
        let entry = rest
            .split_first_chunk::<2>()
            .and_then(|(length, rest)| rest.split_at_checked(u16::from_be_bytes(*length).into()));
        let Some((entry, after)) = entry else { return Err(invalid(BundleFault::Ends)) };
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::MAX_RECORD_LENGTH;
    use proptest::prelude::*;

    const _: () = assert!(MAX_RECORD_LENGTH <= MAX_ENTRY_LENGTH);

    #[test]
    fn lengths_are_big_endian() {
        let mut bundle = Vec::new();
        push(&mut bundle, b"ab").unwrap();
        push(&mut bundle, b"").unwrap();
        push(&mut bundle, &[7; 258]).unwrap();
        assert_eq!(bundle[..8], [0, 2, b'a', b'b', 0, 0, 1, 2]);
        assert!(push(&mut bundle, &vec![0; MAX_ENTRY_LENGTH]).is_ok());
        assert!(matches!(
            push(&mut bundle, &vec![0; MAX_ENTRY_LENGTH + 1]),
            Err(LedgerError::RecordTooLarge { length: 65_536 })
        ));
    }

    #[test]
    fn refuses_what_ends_early_or_goes_on() {
        let fault = |bundle: &[u8]| match entries(3, bundle) {
            Err(LedgerError::InvalidBundle { bundle: 3, fault }) => Some(fault),
            _ => None,
        };
        for cut in [&[0][..], &[0, 1], &[0, 0, 0], &[0xff, 0xff, 1]] {
            assert_eq!(fault(cut), Some(BundleFault::Ends));
        }
        assert_eq!(fault(&[0; 514]), Some(BundleFault::TooMany));
        assert_eq!(entries(0, &[0; 512]).unwrap().len(), 256);
        assert!(entries(0, &[]).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn bundles_read_back(written in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 0..=256)) {
            let mut bundle = Vec::new();
            written.iter().for_each(|entry| push(&mut bundle, entry).unwrap());
            prop_assert_eq!(entries(0, &bundle).unwrap(), written);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            if let Ok(read) = entries(0, &bytes) {
                let mut bundle = Vec::new();
                read.into_iter().for_each(|entry| push(&mut bundle, entry).unwrap());
                prop_assert_eq!(bundle, bytes);
            }
        }
    }
}
