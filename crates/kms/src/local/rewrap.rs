//! Many wrapped keys from one root key or version to another, on all cores.

use rayon::prelude::*;

use keyward_core::reference::LocalKey;

use super::{failure::Failure, opened::Opened, xaes::NONCE_LENGTH};
use crate::{KmsError, RewrapItem, WrappedKey};

/// Items that one thread takes at a time: as many share one system call for their nonces, and so few
/// aren't worth handing over to other threads.
pub(super) const CHUNK: usize = 64;

/// A root key, opened, by the name that its failures carry.
pub(super) struct Side<'a> {
    pub(super) key: &'a LocalKey,
    pub(super) opened: &'a Opened,
}

/// Rewraps all items, on all cores. Each is judged by itself; results are in the items' order.
pub(super) fn rewrap(
    from: &Side<'_>,
    to: &Side<'_>,
    items: &[RewrapItem],
) -> Vec<Result<WrappedKey, KmsError>> {
    if items.len() <= CHUNK {
        return rewrap_chunk(from, to, items);
    }
    items.par_chunks(CHUNK).flat_map_iter(|chunk| rewrap_chunk(from, to, chunk)).collect()
}

fn rewrap_chunk(
    from: &Side<'_>,
    to: &Side<'_>,
    items: &[RewrapItem],
) -> Vec<Result<WrappedKey, KmsError>> {
    let mut nonces = [[0; NONCE_LENGTH]; CHUNK];
    if let Err(error) = getrandom::fill(nonces.as_flattened_mut()) {
        let failure = Failure::from(error);
        return vec![Err(failure.about(to.key)); items.len()];
    }
    let mut scratch = Vec::with_capacity(256);
    items
        .iter()
        // INVARIANT: a chunk has at most as many items as there are nonces.
        .zip(&nonces)
        .map(|(RewrapItem { context, blob }, nonce)| {
            // The key in the clear lives for this one line and is wiped at its end.
            let secret = from
                .opened
                .unwrap(context, blob, &mut scratch)
                .map_err(|failure| failure.about(from.key))?;
            to.opened
                .wrap(context, &secret, nonce, &mut scratch)
                .map_err(|failure| failure.about(to.key))
        })
        .collect()
}
