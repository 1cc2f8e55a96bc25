//! A large workspace, for measurements: as many tenants, data keys and records as are asked for.
//!
//! Tenants come, one after another over all its days, and data is read through the engine, many at once, so that
//! the log is as it would be, and root keys are of every age: most are well, some past their period. At the end a
//! few tenants are suspended or revoked, and a few never proved their key. The further data keys are wrapped by the
//! tenants' keys and put straight into the table: through the operation each would write a sidecar of its own,
//! and nothing that is measured looks at those.

use std::{fmt, path::Path, str::FromStr};

use chrono::TimeDelta;
use futures::{StreamExt, TryStreamExt, stream};
use keyward_core::{
    DataKeyId, DatasetName, EncryptionContext, KeyState, ObjectName, Role, SecretKey, TenantId,
};
use keyward_kms::RootKeyService;
use keyward_store::{
    Store,
    tables::{
        data_keys::{self, NewDataKey},
        datasets,
    },
};
use keyward_workspace::NewSecrets;

use crate::{
    DAYS, DemonstrationError,
    stage::{Stage, root_key_of, word},
};

/// How large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Tenants, nearly all of them with a proven root key, a dataset and an object.
    pub tenants: u32,
    /// Data keys over those, at least.
    pub data_keys: u32,
    /// Records of the log, at least.
    pub records: u64,
}

/// Operations under way at once.
const AT_ONCE: usize = 256;
/// In how many steps the clock goes from first to last record.
const STEPS: u32 = 400;
/// What the dataset of every tenant is called.
const DATASET: &str = "documents";
const OBJECT: &str = "terms.txt";

/// What becomes of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Never proves its root key.
    Pending,
    /// Is served to the end.
    Served,
    /// Is suspended at the end.
    Suspended,
    /// Is revoked at the end.
    Revoked,
}

impl Fate {
    /// Of the tenant with this number: of a thousand ten never prove their key, five are suspended, three revoked.
    fn of(number: u32) -> Self {
        match number % 1000 {
            rest if rest % 100 == 37 => Self::Pending,
            rest if rest % 200 == 111 => Self::Suspended,
            rest if rest % 333 == 222 => Self::Revoked,
            _ => Self::Served,
        }
    }
}

impl FromStr for Scale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut scale = Self { tenants: 10, data_keys: 0, records: 0 };
        for part in text.split(',') {
            let (name, number) =
                part.split_once('=').ok_or_else(|| format!("`{part}` is no `NAME=NUMBER`"))?;
            let no_number = |_| format!("`{number}` is no number of {name}");
            match name.trim() {
                "tenants" => scale.tenants = number.parse().map_err(no_number)?,
                "data-keys" => scale.data_keys = number.parse().map_err(no_number)?,
                "records" => scale.records = number.parse().map_err(no_number)?,
                other => return Err(format!("`{other}` is none of tenants, data-keys, records")),
            }
        }
        if scale.tenants == 0 { Err("there must be a tenant".into()) } else { Ok(scale) }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tenants={},data-keys={},records={}", self.tenants, self.data_keys, self.records)
    }
}

/// Makes it in a new or empty folder; gives the number of records.
///
/// # Errors
/// The workspace's, the engine's and the store's.
pub async fn make(
    folder: &Path,
    secrets: NewSecrets,
    scale: Scale,
) -> Result<u64, DemonstrationError> {
    let stage = Stage::build(folder, secrets, DAYS).await?;
    let tenants = live(&stage, scale).await?;
    add_data_keys(&stage, &tenants, scale.data_keys).await?;
    stage.clock.catch_up();
    for number in 1..=scale.tenants {
        ends(&stage, number).await?;
    }
    stage.engine().anchor_now().await?;
    Ok(stage.engine().status().await?.records)
}

/// Has tenants come and data be read, step by step; gives the tenants that proved their key.
async fn live(stage: &Stage, scale: Scale) -> Result<Vec<TenantId>, DemonstrationError> {
    let mut proven = Vec::new();
    let mut come = 0;
    for step in 1..=STEPS {
        stage.clock.move_to(stage.now() + TimeDelta::days(DAYS) / STEPS as i32);
        let until = share(u64::from(scale.tenants), step) as u32;
        let new = (come + 1..=until).map(|number| Ok((Fate::of(number), tenant(number)?)));
        let new: Vec<_> = new.collect::<Result<_, DemonstrationError>>()?;
        come = until;
        stream::iter(&new)
            .map(|(fate, tenant)| onboard(stage, *fate, tenant))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        let served = new.into_iter().filter(|(fate, _)| *fate != Fate::Pending);
        proven.extend(served.map(|(_, tenant)| tenant));
        let missing =
            share(scale.records, step).saturating_sub(stage.engine().status().await?.records);
        add_records(stage, &proven, missing).await?;
    }
    Ok(proven)
}

/// How much of a whole there is after so many steps.
fn share(whole: u64, step: u32) -> u64 {
    whole * u64::from(step) / u64::from(STEPS)
}

fn tenant(number: u32) -> Result<TenantId, DemonstrationError> {
    word(&format!("t{number:05}"))
}

async fn onboard(stage: &Stage, fate: Fate, tenant: &TenantId) -> Result<(), DemonstrationError> {
    let name = format!("Tenant {tenant}");
    stage.engine().register_tenant(&stage.administrator()?, tenant, &name).await?;
    let key = stage.bring_key(tenant).await?;
    if fate == Fate::Pending {
        return Ok(());
    }
    stage.prove(&key).await?;
    stage.dataset(tenant, DATASET).await?;
    stage.write("document-api", tenant, &word(DATASET)?, &word(OBJECT)?, 200).await
}

async fn ends(stage: &Stage, number: u32) -> Result<(), DemonstrationError> {
    let (engine, context) = (stage.engine(), stage.administrator()?);
    match Fate::of(number) {
        Fate::Suspended => {
            engine.suspend(&context, &tenant(number)?, "its contract has run out").await?;
        }
        Fate::Revoked => {
            let reason = "it asked for its data to be locked";
            engine.revoke(&context, &tenant(number)?, reason, true).await?;
        }
        Fate::Pending | Fate::Served => {}
    }
    Ok(())
}

/// Spreads them evenly; each tenant has one already.
async fn add_data_keys(
    stage: &Stage,
    tenants: &[TenantId],
    total: u32,
) -> Result<(), DemonstrationError> {
    let proven = u32::try_from(tenants.len()).unwrap_or(u32::MAX).max(1);
    let each = total.div_ceil(proven);
    if each < 2 {
        return Ok(());
    }
    // Another handle on the database, as another process would have.
    let store = Store::open(&stage.open.folder.join("keyward.db")).await?;
    let dataset: DatasetName = word(DATASET)?;
    for tenants in tenants.chunks(100) {
        let ids = tenants.iter().flat_map(|tenant| {
            (2..=each).map(|version| DataKeyId {
                tenant: tenant.clone(),
                dataset: dataset.clone(),
                version,
            })
        });
        let rows: Vec<NewDataKey> =
            stream::iter(ids).map(|id| wrapped(stage, id)).buffered(AT_ONCE).try_collect().await?;
        let mut write = store.write().await?;
        data_keys::insert_many(&mut write, &rows).await?;
        for tenant in tenants {
            datasets::set_current_version(&mut write, tenant, &dataset, 1, each).await?;
        }
        write.commit().await?;
    }
    Ok(())
}

async fn wrapped(stage: &Stage, key: DataKeyId) -> Result<NewDataKey, DemonstrationError> {
    let context = EncryptionContext::for_data_key(&key);
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes)
        .map_err(|error| DemonstrationError::NotAsTold(error.to_string()))?;
    let reference = root_key_of(&key.tenant)?;
    let wrapped = stage.open.keystore.wrap(&reference, &context, &SecretKey::new(*bytes)).await?;
    Ok(NewDataKey {
        key,
        state: KeyState::Active,
        root_key: 1,
        root_key_version: 1,
        wrapped: wrapped.blob,
        created_at: stage.now(),
    })
}

/// So many reads, spread over tenants.
async fn add_records(
    stage: &Stage,
    tenants: &[TenantId],
    count: u64,
) -> Result<(), DemonstrationError> {
    let (dataset, object): (DatasetName, ObjectName) = (word(DATASET)?, word(OBJECT)?);
    let applications = ["document-api", "search-indexer", "mail-gateway", "backup-agent"];
    stream::iter(0..count)
        .map(|_| async {
            let (Some(tenant), Some(who)) =
                (stage.chance.one_of(tenants), stage.chance.one_of(&applications))
            else {
                return Ok(());
            };
            let context = stage.act(who, Role::Application)?;
            stage.engine().read(&context, tenant, &dataset, &object).await?;
            Ok::<_, DemonstrationError>(())
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_tenants_have_another_fate() {
        let of = |fate| (1..=1000).filter(|number| Fate::of(*number) == fate).count();
        assert_eq!([of(Fate::Pending), of(Fate::Suspended), of(Fate::Revoked)], [10, 5, 3]);
    }

    #[test]
    fn sizes_are_read_in_any_order() {
        let scale: Scale = "records=9,tenants=3".parse().unwrap();
        assert_eq!(scale, Scale { tenants: 3, data_keys: 0, records: 9 });
        assert_eq!(scale.to_string().parse(), Ok(scale));
        for bad in ["", "tenants", "tenants=x", "tenants=0", "keys=3"] {
            assert!(bad.parse::<Scale>().is_err(), "{bad}");
        }
    }
}
