//! Sets how long the log's records stay in the database, and what their archives are encrypted under.
//!
//! Hashes, checkpoints and archives stay for good, whatever is set here.

use std::{fmt, str::FromStr};

use chrono::{Days, NaiveDate};
use keyward_core::{DatasetName, NameError, TenantId};
use keyward_ledger::Action;
use keyward_store::{Connection, tables::workspace};

use crate::{Engine, EngineError, OperationContext, operation::Entry, require};

/// The setting that says how many days' records stay.
const KEEP_DAYS: &str = "audit.keep_days";
/// The setting that names the dataset whose data keys encrypt archives.
const ARCHIVE_DATASET: &str = "audit.archive_dataset";
/// As many days as stay where nothing is set.
const DEFAULT_DAYS: u32 = 30;
/// The floor: nobody who sets this gets at the records of today and of the day before.
const LEAST_DAYS: u32 = 1;
/// A hundred years. More is a slip.
const MOST_DAYS: u32 = 36_525;

/// How the log is kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuditRetention {
    /// For how many whole days after its own a day's records stay in the database, at least.
    pub keep_days: u32,
    /// The dataset whose data keys encrypt archives, where it is set.
    pub archive_under: Option<ArchiveDataset>,
}

/// A dataset of the workspace's own, that is of the tenant that stands for who runs it. Reads and prints as
/// `TENANT/DATASET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveDataset {
    /// The tenant.
    pub tenant: TenantId,
    /// The dataset.
    pub dataset: DatasetName,
}

impl Engine {
    /// How the log is kept. Leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`]; [`EngineError::StateCorrupt`] where a setting isn't what was
    /// written.
    pub async fn audit_retention(
        &self,
        context: &OperationContext,
    ) -> Result<AuditRetention, EngineError> {
        self.guard(context, Entry::new(Action::AuditQuery), async {
            retention(&mut *self.store.read().await?).await
        })
        .await
    }

    /// Sets how the log is kept; what is `None` stays as it is. Archives that are there stay under the
    /// data keys that they are under.
    ///
    /// # Errors
    /// [`EngineError::InvalidInput`] for fewer days than 1, or more than a hundred years have;
    /// [`EngineError::TenantNotActive`], [`EngineError::DatasetNotFound`].
    pub async fn set_audit_retention(
        &self,
        context: &OperationContext,
        keep_days: Option<u32>,
        archive_under: Option<&ArchiveDataset>,
    ) -> Result<AuditRetention, EngineError> {
        let mut entry = Entry::new(Action::AuditRetention);
        if let Some(days) = keep_days {
            entry = entry.with("keep_days", days);
        }
        if let Some(under) = archive_under {
            entry = entry.with("archive_under", under.to_string());
        }
        self.guard(context, entry.clone(), async {
            if let Some(days) = keep_days
                && !(LEAST_DAYS..=MOST_DAYS).contains(&days)
            {
                return Err(EngineError::InvalidInput(format!(
                    "records stay in the database for {LEAST_DAYS} to {MOST_DAYS} days, not `{days}`"
                )));
            }
            let mut change = self.begin().await?;
            let before = retention(&mut change).await?;
            if let Some(days) = keep_days {
                workspace::set(&mut change, KEEP_DAYS, &days.to_string()).await?;
            }
            if let Some(under) = archive_under {
                require::active_tenant(&mut change, &under.tenant).await?;
                require::dataset(&mut change, &under.tenant, &under.dataset).await?;
                workspace::set(&mut change, ARCHIVE_DATASET, &under.to_string()).await?;
            }
            let after = retention(&mut change).await?;
            let mut entry = entry.with("keep_days_before", before.keep_days);
            if let Some(under) = &before.archive_under {
                entry = entry.with("archive_under_before", under.to_string());
            }
            self.commit(change, context, vec![entry]).await?;
            Ok(after)
        })
        .await
    }
}

impl AuditRetention {
    /// The newest day whose records may go, when today is this day.
    #[must_use]
    pub fn newest_due(&self, today: NaiveDate) -> NaiveDate {
        // Its last record is a moment older than the next midnight: so many whole days after that one.
        let days = Days::new(u64::from(self.keep_days) + 1);
        today.checked_sub_days(days).unwrap_or(NaiveDate::MIN)
    }
}

/// How the log is kept, as it is set.
pub(crate) async fn retention(connection: &mut Connection) -> Result<AuditRetention, EngineError> {
    let days = workspace::setting(connection, KEEP_DAYS).await?;
    let under = workspace::setting(connection, ARCHIVE_DATASET).await?;
    let damaged = |name: &str| EngineError::StateCorrupt(format!("the setting `{name}`"));
    Ok(AuditRetention {
        keep_days: match days {
            None => DEFAULT_DAYS,
            // Whoever edits it can't get below the floor either.
            Some(days) => days
                .parse()
                .ok()
                .filter(|days| (LEAST_DAYS..=MOST_DAYS).contains(days))
                .ok_or_else(|| damaged(KEEP_DAYS))?,
        },
        archive_under: match under {
            None => None,
            Some(under) => Some(under.parse().map_err(|_| damaged(ARCHIVE_DATASET))?),
        },
    })
}

impl fmt::Display for ArchiveDataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.dataset)
    }
}

impl FromStr for ArchiveDataset {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        // Without a slash the name that is missing is the one that is complained about.
        let (tenant, dataset) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self { tenant: tenant.parse()?, dataset: dataset.parse()? })
    }
}

impl serde::Serialize for ArchiveDataset {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_stay() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let kept = |keep_days| AuditRetention { keep_days, archive_under: None };
        assert_eq!(kept(1).newest_due(day("2026-11-24")), day("2026-11-22"));
        assert_eq!(kept(30).newest_due(day("2026-11-24")), day("2026-10-24"));
    }

    #[test]
    fn a_dataset_has_one_spelling() {
        let under: ArchiveDataset = "ops/log".parse().unwrap();
        assert_eq!(under.to_string(), "ops/log");
        for bad in ["", "ops", "ops/", "/log", "ops/log/x", "Ops/log"] {
            assert!(bad.parse::<ArchiveDataset>().is_err(), "{bad}");
        }
    }
}
