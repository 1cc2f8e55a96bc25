//! A record as it lies in the log, and the log that it lies in.

use chrono::SecondsFormat;
use keyward_ledger::{Hash, Origin, RecordView, leaf_hash};

use crate::SiemError;

/// A record with the exact bytes that the log proves.
#[derive(Clone, Debug)]
pub struct LoggedRecord<'a> {
    /// The record's canonical JSON.
    pub body: &'a str,
    /// What it says.
    pub record: RecordView<'a>,
    /// Its leaf in the log's tree.
    pub leaf: Hash,
}

impl<'a> LoggedRecord<'a> {
    /// Reads a record's canonical JSON.
    ///
    /// # Errors
    /// [`SiemError::Record`] where it is no such text.
    pub fn parse(body: &'a str) -> Result<Self, SiemError> {
        Ok(Self { body, record: RecordView::parse(body)?, leaf: leaf_hash(body.as_bytes()) })
    }
}

/// Where records come from, as far as they don't say it themselves.
#[derive(Clone, Debug)]
pub struct Source {
    /// The log's origin line.
    pub origin: Origin,
    /// The cloud that the engine runs in, as its provider is called there: `AWS`, `Azure`. With it,
    /// OCSF events carry the profile `cloud`; without it, they name the region beside the schema.
    pub cloud_provider: Option<String>,
    /// The host that syslog messages name.
    pub host: Option<String>,
}

impl Source {
    /// A log somewhere: no cloud, no host.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self { origin, cloud_provider: None, host: None }
    }
}

/// A record's time as the record writes it.
pub(crate) fn time_of(record: &RecordView<'_>) -> String {
    record.time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use keyward_ledger::{Action, Outcome};

    pub(crate) fn source() -> Source {
        Source::new("keyward.example/log".parse().unwrap())
    }

    /// A record's canonical JSON, with these members in the place of the usual ones.
    pub(crate) fn body(action: Action, outcome: Outcome) -> String {
        format!(
            "{{\"action\":\"{action}\",\"actor\":\"alice\",\"details\":{{\"dataset\":\"invoices\",\
             \"name\":\"2026/a=b|c.pdf\"}},\"key\":\"dk:acme/invoices/3\",\"key_version\":3,\
             \"outcome\":\"{outcome}\",\"region\":\"eu-central-1\",\
             \"request\":\"abababababababababababababababab\",\"role\":\"application\",\"seq\":7,\
             \"tenant\":\"acme\",\"time\":\"2026-11-24T10:23:01.123456Z\",\"v\":1}}"
        )
    }

    #[test]
    fn a_record_keeps_the_bytes_that_are_proved() {
        let body = body(Action::ObjectRead, Outcome::Ok);
        let logged = LoggedRecord::parse(&body).unwrap();
        assert_eq!(logged.record.seq, 7);
        assert_eq!(logged.leaf, leaf_hash(body.as_bytes()));
        assert!(LoggedRecord::parse("{}").is_err());
    }
}
