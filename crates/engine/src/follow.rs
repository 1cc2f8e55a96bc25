//! Following what other processes on the same workspace change, so that keys they made stale don't stay in
//! this one's memory.
//!
//! The cache is keyed by the tenant's epoch, so what is stale isn't found any more. Here it is wiped: while
//! keys are held, a task looks four times a second whether any epoch has changed, which is one number in
//! the database. Where the database can't be asked nothing is known of the keys' owners' will, and all of
//! them are wiped.

use std::{collections::HashMap, time::Duration};

use keyward_store::{
    Connection, Store, StoreError,
    tables::tenants::{self, TenantState},
};
use tokio::task::AbortHandle;

use crate::cache::KeyCache;

/// How often it is looked. Less than a second with room for a busy machine.
const EVERY: Duration = Duration::from_millis(250);

/// The task. It ends with this value.
pub(crate) struct Follower(AbortHandle);

impl Follower {
    /// Follows for as long as the value lives.
    pub(crate) fn start(store: Store, cache: KeyCache) -> Self {
        Self(tokio::spawn(follow(store, cache)).abort_handle())
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn follow(store: Store, cache: KeyCache) {
    let mut seen = Seen { changes: None, moment: 0 };
    let mut connection = None;
    loop {
        cache.wait_for_a_key().await;
        if let Err(error) = look(&store, &mut connection, &cache, &mut seen).await {
            let evicted = cache.evict_all();
            connection = None;
            tracing::warn!(%error, evicted, "cached keys are wiped, since the database can't be asked about them");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// What was known when it was last looked.
struct Seen {
    changes: Option<u64>,
    moment: u64,
}

async fn look(
    store: &Store,
    connection: &mut Option<Connection>,
    cache: &KeyCache,
    seen: &mut Seen,
) -> Result<(), StoreError> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(store.own_reader().await?),
    };
    let changes = tenants::epoch_changes(connection).await?;
    // A key that came in since may be of an epoch that ended before it did.
    let since = if seen.changes == Some(changes) { seen.moment } else { 0 };
    let (concerned, moment) = cache.came_in_since(since);
    *seen = Seen { changes: Some(changes), moment };
    if concerned.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = concerned.iter().cloned().collect();
    let mut epochs: HashMap<_, _> = concerned.into_iter().map(|id| (id, None)).collect();
    for tenant in tenants::get_many(connection, &ids).await? {
        if tenant.state == TenantState::Active {
            epochs.insert(tenant.id, Some(tenant.epoch));
        }
    }
    let evicted = cache.evict_other_epochs(&epochs);
    if evicted > 0 {
        tracing::info!(
            evicted,
            "cached keys are wiped, since another process changed their tenants"
        );
    }
    Ok(())
}
