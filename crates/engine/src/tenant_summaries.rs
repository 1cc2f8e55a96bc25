//! All tenants with what a table of them shows: a handful of statements over all of them, however many
//! there are.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use keyward_core::{ChallengeId, Custody, KeyState, Provider, Region, RootKeyId, TenantId};
use keyward_store::{
    Connection,
    tables::{
        challenges::{ChallengeKind, ChallengeState},
        root_key_references::Reference,
        tenant_totals::{self, ChallengeRow, QuarantineRow, RootKeyRow},
        tenants::{Tenant, TenantState},
    },
};

use crate::{
    Engine, EngineError, OperationContext,
    audit_query::{query_of, seen_by},
    rotation_period::{default_days, due_at},
};

/// A tenant in a table of tenants.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TenantSummary {
    /// Its id.
    pub id: TenantId,
    /// What people call it.
    pub display_name: String,
    /// Whether it is served.
    pub state: TenantState,
    /// The stable code of why it isn't, where there is one.
    pub state_code: Option<String>,
    /// Since when.
    pub state_since: DateTime<Utc>,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// The root key that wraps, or would if it weren't suspended; else the newest one.
    pub root_key: Option<RootKeySummary>,
    /// How many root keys it has registered.
    pub root_keys: u64,
    /// How many datasets it has.
    pub datasets: u64,
    /// The sidecars of how many of them lag behind.
    pub stale_sidecars: u64,
    /// How many data keys it has, destroyed ones left out.
    pub data_keys: u64,
    /// How many of them aren't under `root_key`'s current version, and so are to be rewrapped.
    pub stale_data_keys: u64,
    /// How many data keys a rewrap couldn't move.
    pub quarantined: u64,
    /// How many objects it has.
    pub objects: u64,
    /// How many bytes of plaintext they are.
    pub object_bytes: u64,
    /// For how many days a root key version may stay current: its own period, or the workspace's.
    pub rotation_days: u32,
    /// Whether that is its own period.
    pub rotation_days_own: bool,
    /// Since when the version is current under which data keys are wrapped, if they are.
    pub rotated_at: Option<DateTime<Utc>>,
    /// When that version is due to be rotated.
    pub due_at: Option<DateTime<Utc>>,
    /// The newest challenge that a person has yet to do something about: one that is open, and while no
    /// other has proven its root key, one that failed or ran out.
    pub challenge: Option<ChallengeSummary>,
}

/// A tenant's root key in a table.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RootKeySummary {
    /// Its number.
    pub number: u32,
    /// Where it is.
    pub provider: Provider,
    /// Who controls it.
    pub custody: Custody,
    /// Its state.
    pub state: KeyState,
    /// Its current version at the provider.
    pub version: u32,
    /// Since when that version is current.
    pub version_since: DateTime<Utc>,
    /// Its reference in the engine's region, if it may be used there.
    pub reference: Option<String>,
    /// All its references, by region.
    pub references: Vec<Reference>,
    /// Whether a challenge has proven that the tenant owns it.
    pub proven: bool,
}

/// A challenge in a table.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ChallengeSummary {
    /// Its id.
    pub id: ChallengeId,
    /// The number of the root key that it is about.
    pub root_key: u32,
    /// Which kind.
    pub kind: ChallengeKind,
    /// What became of it by now: an open one whose time is over has run out.
    pub state: ChallengeState,
    /// When it was started.
    pub created_at: DateTime<Utc>,
    /// Until when it may be answered.
    pub expires_at: DateTime<Utc>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
}

/// Tenants, and since when each has keys in quarantine: one look at the database.
pub(crate) struct Tenants {
    pub(crate) summaries: Vec<TenantSummary>,
    pub(crate) quarantined: HashMap<TenantId, QuarantineRow>,
}

impl Engine {
    /// All tenants by id; for a tenant's approver, that tenant alone. Leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`].
    pub async fn tenant_summaries(
        &self,
        context: &OperationContext,
    ) -> Result<Vec<TenantSummary>, EngineError> {
        let tenant = seen_by(&context.role, None);
        self.guard(context, query_of(tenant.as_ref()), async {
            let mut reader = self.store.snapshot().await?;
            Ok(self.summarise(&mut reader, tenant.as_ref()).await?.summaries)
        })
        .await
    }

    /// The tenants as they are at one moment, by id.
    pub(crate) async fn summarise(
        &self,
        reader: &mut Connection,
        only: Option<&TenantId>,
    ) -> Result<Tenants, EngineError> {
        let default_days = default_days(reader).await?;
        let mut summaries: HashMap<TenantId, TenantSummary> = HashMap::new();
        for tenant in tenant_totals::tenants(reader, only).await? {
            summaries.insert(tenant.id.clone(), bare(tenant, default_days));
        }
        let challenged = self.add_root_keys(reader, only, &mut summaries).await?;
        for row in tenant_totals::wrapped(reader, only).await? {
            let Some(summary) = summaries.get_mut(&row.tenant) else { continue };
            summary.data_keys += row.keys;
            let current =
                summary.root_key.as_ref().filter(|key| wraps(key.state)).is_some_and(|key| {
                    (key.number, key.version) == (row.root_key, row.root_key_version)
                });
            if !current {
                summary.stale_data_keys += row.keys;
            }
        }
        for row in tenant_totals::datasets(reader, only).await? {
            if let Some(summary) = summaries.get_mut(&row.tenant) {
                (summary.datasets, summary.stale_sidecars) = (row.datasets, row.stale_sidecars);
            }
        }
        for row in tenant_totals::objects(reader, only).await? {
            if let Some(summary) = summaries.get_mut(&row.tenant) {
                (summary.objects, summary.object_bytes) = (row.objects, row.size);
            }
        }
        let mut quarantined = HashMap::new();
        for row in tenant_totals::quarantined(reader, only).await? {
            if let Some(summary) = summaries.get_mut(&row.tenant) {
                summary.quarantined = row.keys;
                quarantined.insert(row.tenant.clone(), row);
            }
        }
        let now = self.clock.now();
        let mut challenges = tenant_totals::challenges(reader, only).await?;
        challenges.sort_by_key(|row| row.created_at);
        for row in challenges {
            let Some(summary) = summaries.get_mut(&row.key.tenant) else { continue };
            // Oldest first: the newest stays.
            if let Some(proven) = challenged.get(&row.key)
                && let Some(challenge) = awaited(row, *proven, now)
            {
                summary.challenge = Some(challenge);
            }
        }
        let mut summaries: Vec<_> = summaries.into_values().collect();
        summaries.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ok(Tenants { summaries, quarantined })
    }

    /// Gives each tenant the root key to show, and returns which keys may still be challenged, and whether
    /// they are proven.
    async fn add_root_keys(
        &self,
        reader: &mut Connection,
        only: Option<&TenantId>,
        summaries: &mut HashMap<TenantId, TenantSummary>,
    ) -> Result<HashMap<RootKeyId, bool>, EngineError> {
        let mut challenged = HashMap::new();
        for row in tenant_totals::root_keys(reader, only).await? {
            let Some(summary) = summaries.get_mut(&row.id.tenant) else { continue };
            summary.root_keys += 1;
            if matches!(row.state, KeyState::PreActivation | KeyState::Active) {
                challenged.insert(row.id.clone(), row.proven);
            }
            let order = |state, number| (rank(state), number);
            let shown = summary.root_key.as_ref().map(|key| order(key.state, key.number));
            if shown < Some(order(row.state, row.id.number)) {
                summary.root_key = Some(of_row(row));
            }
        }
        for row in tenant_totals::references(reader, only).await? {
            if let Some(summary) = summaries.get_mut(&row.key.tenant)
                && let Some(key) = &mut summary.root_key
                && key.number == row.key.number
            {
                key.references.push(Reference {
                    region: row.region,
                    reference: row.reference,
                    open_since: row.open_since,
                });
            }
        }
        for summary in summaries.values_mut() {
            let Some(key) = &mut summary.root_key else { continue };
            key.references.sort_unstable_by(|a, b| a.region.as_str().cmp(b.region.as_str()));
            key.reference = usable(&key.references, &self.region).map(str::to_owned);
            if wraps(key.state) {
                summary.rotated_at = Some(key.version_since);
                summary.due_at = Some(due_at(key.version_since, summary.rotation_days));
            }
        }
        Ok(challenged)
    }
}

/// Whether a root key in this state wraps a tenant's data keys, or would if it weren't suspended.
pub(crate) fn wraps(state: KeyState) -> bool {
    matches!(state, KeyState::Active | KeyState::Suspended)
}

/// The reference by which a key is used in a region.
fn usable<'r>(references: &'r [Reference], region: &Region) -> Option<&'r str> {
    references.iter().find(|one| one.region == *region).map(|one| one.reference.as_str())
}

/// Which of a tenant's root keys is shown: that of the highest rank, of those the newest.
fn rank(state: KeyState) -> u8 {
    match state {
        KeyState::Active => 2,
        KeyState::Suspended => 1,
        _ => 0,
    }
}

/// A challenge that somebody has yet to do something about.
fn awaited(row: ChallengeRow, proven: bool, now: DateTime<Utc>) -> Option<ChallengeSummary> {
    let state = match row.state {
        ChallengeState::Open if now >= row.expires_at => ChallengeState::Expired,
        state => state,
    };
    if proven && state != ChallengeState::Open {
        return None;
    }
    Some(ChallengeSummary {
        id: row.id,
        root_key: row.key.number,
        kind: row.kind,
        state,
        created_at: row.created_at,
        expires_at: row.expires_at,
        answered_at: row.answered_at,
    })
}

/// A tenant of which nothing else is known yet.
fn bare(tenant: Tenant, default_days: u32) -> TenantSummary {
    TenantSummary {
        id: tenant.id,
        display_name: tenant.display_name,
        state: tenant.state,
        state_code: tenant.state_code,
        state_since: tenant.state_since,
        created_at: tenant.created_at,
        root_key: None,
        root_keys: 0,
        datasets: 0,
        stale_sidecars: 0,
        data_keys: 0,
        stale_data_keys: 0,
        quarantined: 0,
        objects: 0,
        object_bytes: 0,
        rotation_days: tenant.rotation_days.unwrap_or(default_days),
        rotation_days_own: tenant.rotation_days.is_some(),
        rotated_at: None,
        due_at: None,
        challenge: None,
    }
}

fn of_row(row: RootKeyRow) -> RootKeySummary {
    RootKeySummary {
        number: row.id.number,
        provider: row.provider,
        custody: row.custody,
        state: row.state,
        version: row.version,
        version_since: row.version_since,
        reference: None,
        references: Vec::new(),
        proven: row.proven,
    }
}
