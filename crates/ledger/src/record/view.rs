//! Reading a record in place.

use std::{borrow::Cow, str::FromStr};

use chrono::{DateTime, Utc};
use keyward_core::{Actor, Region, RequestId, Role, TenantId};

use crate::{
    Action, LedgerError, Outcome,
    canonical::{self, Members},
    error::start_of,
    time,
};

use super::{FORMAT_VERSION, KeyId, MAX_RECORD_LENGTH, Record, invalid, is_code};

/// A record read in place: every field is checked, and its details are left as the JSON they are.
/// What runs over many records (verification, search, export) reads them so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordView<'a> {
    /// As in [`Record`].
    pub seq: u64,
    /// As in [`Record`].
    pub time: DateTime<Utc>,
    /// As in [`Record`].
    pub actor: Cow<'a, str>,
    /// As in [`Record`].
    pub role: Role,
    /// As in [`Record`].
    pub tenant: Option<TenantId>,
    /// As in [`Record`].
    pub key: Option<KeyId>,
    /// As in [`Record`].
    pub key_version: Option<u32>,
    /// As in [`Record`].
    pub action: Action,
    /// As in [`Record`].
    pub outcome: Outcome,
    /// As in [`Record`].
    pub code: Option<Cow<'a, str>>,
    /// As in [`Record`].
    pub region: Region,
    /// As in [`Record`].
    pub request: RequestId,
    /// The canonical text of a JSON object.
    pub details: &'a str,
}

impl<'a> RecordView<'a> {
    /// Reads a record in place.
    ///
    /// # Errors
    /// [`LedgerError::RecordTooLarge`], [`LedgerError::NotCanonical`], [`LedgerError::MissingField`],
    /// [`LedgerError::UnknownField`] or [`LedgerError::InvalidField`].
    pub fn parse(text: &'a str) -> Result<Self, LedgerError> {
        if text.len() > MAX_RECORD_LENGTH {
            return Err(LedgerError::RecordTooLarge { length: text.len() });
        }
        let mut fields = Fields::default();
        let mut members = Members::new(text)?;
        // The whole text is read before any field is judged: what is no JSON is called that.
        while let Some((name, value)) = members.next()? {
            fields.put(name, value)?;
        }
        fields.read()
    }

    /// The record with its details parsed.
    ///
    /// # Errors
    /// [`LedgerError::InvalidField`] where `details` was set to something that isn't a JSON object.
    pub fn to_record(self) -> Result<Record, LedgerError> {
        let details =
            serde_json::from_str(self.details).map_err(|_| invalid("details", self.details))?;
        Ok(Record {
            seq: self.seq,
            time: self.time,
            actor: Actor(self.actor.into_owned()),
            role: self.role,
            tenant: self.tenant,
            key: self.key,
            key_version: self.key_version,
            action: self.action,
            outcome: self.outcome,
            code: self.code.map(Cow::into_owned),
            region: self.region,
            request: self.request,
            details,
        })
    }
}

/// The fields as they are written, each a canonical JSON value.
#[derive(Default)]
struct Fields<'a> {
    action: Option<&'a str>,
    actor: Option<&'a str>,
    code: Option<&'a str>,
    details: Option<&'a str>,
    key: Option<&'a str>,
    key_version: Option<&'a str>,
    outcome: Option<&'a str>,
    region: Option<&'a str>,
    request: Option<&'a str>,
    role: Option<&'a str>,
    seq: Option<&'a str>,
    tenant: Option<&'a str>,
    time: Option<&'a str>,
    v: Option<&'a str>,
}

impl<'a> Fields<'a> {
    fn put(&mut self, name: &str, value: &'a str) -> Result<(), LedgerError> {
        let field = match name {
            "action" => &mut self.action,
            "actor" => &mut self.actor,
            "code" => &mut self.code,
            "details" => &mut self.details,
            "key" => &mut self.key,
            "key_version" => &mut self.key_version,
            "outcome" => &mut self.outcome,
            "region" => &mut self.region,
            "request" => &mut self.request,
            "role" => &mut self.role,
            "seq" => &mut self.seq,
            "tenant" => &mut self.tenant,
            "time" => &mut self.time,
            "v" => &mut self.v,
            _ => return Err(LedgerError::UnknownField { field: start_of(name) }),
        };
        *field = Some(value);
        Ok(())
    }

    fn read(self) -> Result<RecordView<'a>, LedgerError> {
        required("v", self.v, |value| {
            (canonical::integer_of(value)? == FORMAT_VERSION).then_some(())
        })?;
        Ok(RecordView {
            seq: required("seq", self.seq, canonical::integer_of)?,
            time: required("time", self.time, |value| time::parse(&canonical::string_of(value)?))?,
            actor: required("actor", self.actor, |value| {
                canonical::string_of(value).filter(|actor| !actor.is_empty())
            })?,
            role: required("role", self.role, parsed)?,
            tenant: optional("tenant", self.tenant, parsed)?,
            key: optional("key", self.key, parsed)?,
            key_version: optional("key_version", self.key_version, |value| value.parse().ok())?,
            action: required("action", self.action, parsed)?,
            outcome: required("outcome", self.outcome, parsed)?,
            code: optional("code", self.code, |value| {
                canonical::string_of(value).filter(|code| is_code(code))
            })?,
            region: required("region", self.region, parsed)?,
            request: required("request", self.request, parsed)?,
            details: required("details", self.details, |value| {
                value.starts_with('{').then_some(value)
            })?,
        })
    }
}

fn required<'a, T>(
    field: &'static str,
    value: Option<&'a str>,
    read: impl FnOnce(&'a str) -> Option<T>,
) -> Result<T, LedgerError> {
    optional(field, value, read)?.ok_or(LedgerError::MissingField { field })
}

fn optional<'a, T>(
    field: &'static str,
    value: Option<&'a str>,
    read: impl FnOnce(&'a str) -> Option<T>,
) -> Result<Option<T>, LedgerError> {
    value.map(|value| read(value).ok_or_else(|| invalid(field, value))).transpose()
}

/// Each of these types parses exactly the one text that it prints, so the record keeps one spelling.
fn parsed<T: FromStr>(value: &str) -> Option<T> {
    canonical::string_of(value)?.parse().ok()
}
