//! Records as a day of a busy installation has them: mostly reads and writes of objects, by a few
//! applications, for tenants of very different sizes.

use chrono::{DateTime, TimeDelta, Utc};
use keyward_core::{Actor, DataKeyId, ObjectId, RequestId, Role, TenantId};
use keyward_ledger::{Action, KeyId, Outcome, Record};
use keyward_store::tables::audit_records::AuditRecord;
use serde_json::{Map, Value};

use crate::error::BenchError;

/// How many tenants there are.
pub const TENANTS: u64 = 300;

/// Record `seq` of a log, with the same content each time.
pub fn record(seq: u64) -> Result<AuditRecord, BenchError> {
    record_at(seq, time(seq))
}

/// The same, written at another time.
pub fn record_at(seq: u64, time: DateTime<Utc>) -> Result<AuditRecord, BenchError> {
    let random = mixed(seq);
    let tenant = tenant(skewed(random, TENANTS));
    let data_key = DataKeyId {
        tenant: known(&tenant),
        dataset: known(["invoices", "scans", "exports"][(random >> 20) as usize % 3]),
        version: 1 + (random >> 24) as u32 % 3,
    };
    let (action, role) = match random >> 32 & 0xff {
        0..160 => (Action::ObjectRead, Role::Application),
        160..240 => (Action::ObjectWrite, Role::Application),
        240..252 => (Action::ObjectDelete, Role::Application),
        _ => (Action::AuditQuery, Role::SecurityOfficer),
    };
    let denied = (random >> 40).is_multiple_of(100);
    let mut details = Map::new();
    details.insert("dataset".into(), Value::from(data_key.dataset.as_str()));
    details.insert("id".into(), Value::from(object(random).to_string()));
    details.insert("key_cached".into(), Value::from(!random.is_multiple_of(50)));
    details.insert(
        "name".into(),
        Value::from(format!("2026/{:02}/{:06}.pdf", seq % 12, seq % 999_983)),
    );
    details.insert("bytes".into(), Value::from(random % 1_000_000));
    let record = Record {
        seq,
        time,
        actor: Actor(format!("app-{}", random >> 48 & 0xf)),
        role,
        tenant: Some(known(&tenant)),
        key_version: Some(data_key.version),
        key: Some(KeyId::Data(data_key)),
        action,
        outcome: if denied { Outcome::Denied } else { Outcome::Ok },
        code: denied.then(|| "not-authorised".into()),
        region: known("eu-central-1"),
        request: RequestId::from_bytes(bytes(random)),
        details,
    };
    let texts = ["dataset", "id", "name"].map(|name| record.details.get(name));
    let texts: Vec<&str> = texts.into_iter().flatten().filter_map(Value::as_str).collect();
    Ok(AuditRecord {
        seq,
        time: record.time,
        actor: record.actor.to_string(),
        tenant: Some(tenant),
        key: record.key.as_ref().map(ToString::to_string),
        action: record.action.as_str().into(),
        outcome: record.outcome.as_str().into(),
        body: record.to_canonical()?,
        words: format!(
            "{} {} {} {}",
            record.region,
            record.request,
            record.code.as_deref().unwrap_or_default(),
            texts.join(" ")
        ),
    })
}

/// A tenant's name.
pub fn tenant(number: u64) -> String {
    format!("tenant-{number:03}")
}

/// Records an hour.
pub const AN_HOUR: u64 = 45_000;

/// When record `seq` was written: about a million a day.
pub fn time(seq: u64) -> DateTime<Utc> {
    let hour = 3_600_000 / AN_HOUR;
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::milliseconds((seq * hour) as i64)
}

/// A number that looks random, SplitMix64's.
pub fn mixed(seq: u64) -> u64 {
    let mut z = seq.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number below `count`, small ones far more often.
fn skewed(random: u64, count: u64) -> u64 {
    let part = (random & 0xffff) as f64 / 65536.0;
    (part * part * part * count as f64) as u64
}

fn bytes(random: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&random.to_be_bytes());
    bytes[8..].copy_from_slice(&mixed(random).to_be_bytes());
    bytes
}

fn object(random: u64) -> ObjectId {
    ObjectId::from_bytes(bytes(random.rotate_left(17)))
}

fn known<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("the bench's own names are well formed")
}

/// A tenant's id.
pub fn tenant_id(number: u64) -> TenantId {
    known(&tenant(number))
}
