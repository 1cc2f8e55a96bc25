//! The audit record: one operation as one line of canonical JSON, which is one leaf of the tree.
//!
//! A record has one spelling: [`Record::parse`] takes exactly the texts that
//! [`Record::to_canonical`] writes. It never holds a secret or a tenant's content; what its details
//! say is its writer's to keep so. Its place in the log is its `seq`; nothing checks that here.

mod key;
mod view;

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use keyward_core::{Actor, Region, RequestId, Role, TenantId};
use serde_json::{Map, Value};

use crate::{
    Action, LedgerError, Outcome,
    canonical::{self, MAX_INTEGER},
    error::start_of,
    tile::bundle,
    time,
};

pub use key::KeyId;
pub use view::RecordView;

/// The record format that this crate writes, the field `v`.
pub const FORMAT_VERSION: u64 = 1;

/// The longest record, in bytes of its canonical form: as much as an entry of an exported bundle holds.
pub const MAX_RECORD_LENGTH: usize = bundle::MAX_ENTRY_LENGTH;

/// One operation, as the log keeps it. Absent options are left out of the JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The record's place in the log, from 0; at most 2^53 - 1.
    pub seq: u64,
    /// When it was recorded. Written in microseconds; what is finer is cut.
    pub time: DateTime<Utc>,
    /// Who acted.
    pub actor: Actor,
    /// In which role.
    pub role: Role,
    /// The tenant that it was about.
    pub tenant: Option<TenantId>,
    /// The key that it was about.
    pub key: Option<KeyId>,
    /// The key's version, where the key's id doesn't hold it.
    pub key_version: Option<u32>,
    /// What was done.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// The stable code of a refusal or failure, as text: an older reader needn't know it.
    pub code: Option<String>,
    /// The region of the engine that did it.
    pub region: Region,
    /// The request that caused it.
    pub request: RequestId,
    /// Whatever else is worth knowing of this action.
    pub details: Map<String, Value>,
}

impl Record {
    /// The record's canonical form: the bytes that are stored, hashed and exported.
    ///
    /// # Errors
    /// [`LedgerError::Float`], [`LedgerError::IntegerRange`] or [`LedgerError::TooDeep`] where the
    /// details hold what canonical JSON here doesn't, [`LedgerError::InvalidField`] for a field out of
    /// its range, [`LedgerError::RecordTooLarge`] for a record over [`MAX_RECORD_LENGTH`].
    pub fn to_canonical(&self) -> Result<String, LedgerError> {
        if self.seq > MAX_INTEGER {
            return Err(invalid("seq", &self.seq.to_string()));
        }
        if self.actor.0.is_empty() {
            return Err(invalid("actor", "\"\""));
        }
        if let Some(code) = self.code.as_deref().filter(|code| !is_code(code)) {
            return Err(invalid("code", code));
        }
        let mut out = String::with_capacity(512);
        // The fields in the order of RFC 8785, 3.2.3; all names are ASCII.
        text_field("{\"action\":", self.action.as_str(), &mut out);
        text_field(",\"actor\":", &self.actor.0, &mut out);
        if let Some(code) = &self.code {
            text_field(",\"code\":", code, &mut out);
        }
        out.push_str(",\"details\":");
        canonical::write_object(&self.details, 1, &mut out)
            .map_err(|error| error.within("details"))?;
        if let Some(key) = &self.key {
            text_field(",\"key\":", &key.to_string(), &mut out);
        }
        // INVARIANT: writing to a `String` can't fail.
        if let Some(version) = self.key_version {
            let _ = write!(out, ",\"key_version\":{version}");
        }
        text_field(",\"outcome\":", self.outcome.as_str(), &mut out);
        text_field(",\"region\":", self.region.as_str(), &mut out);
        text_field(",\"request\":", &self.request.to_string(), &mut out);
        text_field(",\"role\":", &self.role.to_string(), &mut out);
        let _ = write!(out, ",\"seq\":{}", self.seq);
        if let Some(tenant) = &self.tenant {
            text_field(",\"tenant\":", tenant.as_str(), &mut out);
        }
        out.push_str(",\"time\":\"");
        time::write(self.time, &mut out).ok_or_else(|| invalid("time", &self.time.to_string()))?;
        let _ = write!(out, "\",\"v\":{FORMAT_VERSION}}}");
        if out.len() > MAX_RECORD_LENGTH {
            return Err(LedgerError::RecordTooLarge { length: out.len() });
        }
        Ok(out)
    }

    /// The record that a text is the canonical form of.
    ///
    /// # Errors
    /// As [`RecordView::parse`].
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        RecordView::parse(text)?.to_record()
    }
}

fn invalid(field: &'static str, value: &str) -> LedgerError {
    LedgerError::InvalidField { field, value: start_of(value) }
}

fn text_field(name: &str, value: &str, out: &mut String) {
    out.push_str(name);
    canonical::write_string(value, out);
}

fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'-'))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use keyward_core::DataKeyId;
    use proptest::prelude::*;
    use serde_json::json;

    /// A record like the log's usual ones.
    pub(crate) fn sample(seq: u64) -> Record {
        let tenant: TenantId = "acme".parse().unwrap();
        Record {
            seq,
            time: DateTime::from_timestamp_micros(
                1_795_515_781_123_456 + (seq % 1_000_000_000) as i64 * 1_000,
            )
            .unwrap(),
            actor: Actor("alice".into()),
            role: Role::Application,
            tenant: Some(tenant.clone()),
            key: Some(
                DataKeyId { tenant, dataset: "invoices".parse().unwrap(), version: 3 }.into(),
            ),
            key_version: Some(3),
            action: Action::ObjectRead,
            outcome: Outcome::Ok,
            code: None,
            region: "eu-central-1".parse().unwrap(),
            request: RequestId::from_bytes([0xab; 16]),
            details: json!({"object": "2026/11/Grüße.pdf", "bytes": 1024, "cached": true})
                .as_object()
                .unwrap()
                .clone(),
        }
    }

    fn smallest() -> Record {
        Record {
            tenant: None,
            key: None,
            key_version: None,
            code: Some("key-denied".into()),
            details: Map::new(),
            role: Role::TenantApprover("acme".parse().unwrap()),
            ..sample(0)
        }
    }

    #[test]
    fn has_exactly_this_form() {
        assert_eq!(
            sample(7).to_canonical().unwrap(),
            "{\"action\":\"object.read\",\"actor\":\"alice\",\"details\":{\"bytes\":1024,\"cached\":true,\
             \"object\":\"2026/11/Grüße.pdf\"},\"key\":\"dk:acme/invoices/3\",\"key_version\":3,\
             \"outcome\":\"ok\",\"region\":\"eu-central-1\",\"request\":\"abababababababababababababababab\",\
             \"role\":\"application\",\"seq\":7,\"tenant\":\"acme\",\"time\":\"2026-11-24T10:23:01.130456Z\",\"v\":1}"
        );
        assert_eq!(
            smallest().to_canonical().unwrap(),
            "{\"action\":\"object.read\",\"actor\":\"alice\",\"code\":\"key-denied\",\"details\":{},\
             \"outcome\":\"ok\",\"region\":\"eu-central-1\",\"request\":\"abababababababababababababababab\",\
             \"role\":\"tenant-approver:acme\",\"seq\":0,\"time\":\"2026-11-24T10:23:01.123456Z\",\"v\":1}"
        );
    }

    #[test]
    fn records_parse_back() {
        for record in [sample(0), smallest(), sample(MAX_INTEGER)] {
            let mut record = record;
            record.time = DateTime::from_timestamp_micros(1_000_001).unwrap();
            let text = record.to_canonical().unwrap();
            assert_eq!(Record::parse(&text), Ok(record));
        }
    }

    #[test]
    fn refuses_what_the_format_does_not_have() {
        let good = sample(7).to_canonical().unwrap();
        for (from, to, expected) in [
            ("\"v\":1", "\"v\":2", "the record's `v` can't be `2`"),
            (",\"v\":1", "", "lacks the field `v`"),
            (",\"seq\":7", "", "lacks the field `seq`"),
            (",\"v\":1", ",\"v\":1,\"w\":1", "unknown field `w`"),
            ("\"seq\":7", "\"seq\":-7", "`seq` can't be `-7`"),
            ("\"seq\":7", "\"seq\":\"7\"", "`seq` can't be `\"7\"`"),
            ("object.read", "object.peek", "`action` can't be"),
            ("\"ok\"", "\"OK\"", "`outcome` can't be"),
            ("130456Z", "13045Z", "`time` can't be"),
            ("\"alice\"", "\"\"", "`actor` can't be"),
            ("\"alice\"", "null", "`actor` can't be"),
            ("dk:acme/invoices/3", "dk:acme/invoices/03", "`key` can't be"),
            ("\"key_version\":3", "\"key_version\":4294967296", "`key_version` can't be"),
            ("ababab", "ABabab", "`request` can't be"),
            ("\"seq\":7", "\"seq\": 7", "not canonical JSON"),
            ("ß", "\\u00df", "not canonical JSON"),
            ("\"bytes\":1024,\"cached\":true", "\"cached\":true,\"bytes\":1024", "not canonical"),
            ("1024", "1024.0", "not canonical JSON"),
        ] {
            let bad = good.replace(from, to);
            assert_ne!(bad, good, "{from}");
            let message = Record::parse(&bad).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}, not {expected}");
        }
        for bad in ["", "[]", "{}", "null", &good[..good.len() - 1], &format!("{good}\n")] {
            assert!(Record::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn refuses_to_write_what_it_would_not_read() {
        let write = |change: fn(&mut Record)| {
            let mut record = sample(0);
            change(&mut record);
            record.to_canonical().unwrap_err()
        };
        assert!(matches!(
            write(|record| record.details = json!({"rate": 0.5}).as_object().unwrap().clone()),
            LedgerError::Float { path } if path == "details.rate"
        ));
        assert!(matches!(
            write(|record| {
                record.details.insert("x".into(), "y".repeat(MAX_RECORD_LENGTH).into());
            }),
            LedgerError::RecordTooLarge { .. }
        ));
        for (field, error) in [
            ("seq", write(|record| record.seq = MAX_INTEGER + 1)),
            ("actor", write(|record| record.actor.0.clear())),
            ("code", write(|record| record.code = Some("Not a code".into()))),
            ("time", write(|record| record.time = DateTime::<Utc>::MAX_UTC)),
        ] {
            assert!(
                matches!(error, LedgerError::InvalidField { field: found, .. } if found == field)
            );
        }
    }

    proptest! {
        #[test]
        fn any_record_is_canonical_and_reads_back(
            seq in 0..=MAX_INTEGER, micros in 0_i64..253_402_300_800_000_000, actor in ".{1,40}",
            names in prop::collection::vec(("\\PC{0,8}", any::<u32>()), 0..6), version in any::<Option<u32>>(),
        ) {
            let record = Record {
                time: DateTime::from_timestamp_micros(micros).unwrap(),
                actor: Actor(actor),
                key_version: version,
                details: names.into_iter().map(|(name, value)| (name, value.into())).collect(),
                ..sample(seq)
            };
            let text = record.to_canonical().unwrap();
            let value: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&text, &serde_json_canonicalizer::to_string(&value).unwrap());
            prop_assert_eq!(Record::parse(&text), Ok(record));
        }

        #[test]
        fn what_parses_writes_the_same_bytes(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = sample(7).to_canonical().unwrap().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(text) = String::from_utf8(bytes)
                && let Ok(record) = Record::parse(&text)
            {
                prop_assert_eq!(record.to_canonical().unwrap(), text);
            }
        }
    }
}
