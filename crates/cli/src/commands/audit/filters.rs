//! What `keyward audit` commands take to say which records.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::Args;
use keyward_core::TenantId;
use keyward_engine::AuditFilter;

/// Which records; all conditions hold together.
#[derive(Debug, Args)]
pub struct Filters {
    /// Of this tenant
    #[arg(long)]
    tenant: Option<TenantId>,
    /// About this key: `rk:TENANT/NUMBER` or `dk:TENANT/DATASET/VERSION`
    #[arg(long)]
    key: Option<String>,
    /// Of this action, like `object.read`
    #[arg(long)]
    action: Option<String>,
    /// With this outcome: ok, denied, failed or intent
    #[arg(long)]
    outcome: Option<String>,
    /// By this actor
    #[arg(long)]
    actor: Option<String>,
    #[command(flatten)]
    times: Times,
}

/// From when to when.
#[derive(Clone, Copy, Debug, Args)]
pub struct Times {
    /// At this time or later, like 2026-11-24T10:00:00Z, or a day in UTC
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<DateTime<Utc>>,
    /// Before this time, or before this day in UTC
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<DateTime<Utc>>,
}

impl Filters {
    /// The filter, with words to search for.
    pub fn filter(self, search: Option<String>) -> AuditFilter {
        AuditFilter {
            tenant: self.tenant,
            key: self.key,
            action: self.action,
            outcome: self.outcome,
            actor: self.actor,
            since: self.times.since,
            until: self.times.until,
            search,
        }
    }

    /// Whether anything but the time is asked for.
    pub fn only_times(&self) -> Option<Times> {
        let Self { tenant, key, action, outcome, actor, times } = self;
        let only =
            tenant.is_none() && [key, action, outcome, actor].into_iter().all(Option::is_none);
        only.then_some(*times)
    }
}

/// A time, or the start of a day.
fn time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| "write a time like 2026-11-24T10:00:00Z, or a day like 2026-11-24".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_times_or_days() {
        let expected: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().unwrap();
        assert_eq!(time("2026-11-24"), Ok(expected));
        assert_eq!(time("2026-11-24T01:00:00+01:00"), Ok(expected));
        assert!(time("yesterday").is_err());
    }
}
