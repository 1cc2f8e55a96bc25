//! What the log says of past revocations and denials: when each was asked for, noticed, done and felt.

use chrono::{DateTime, SecondsFormat, Utc};
use keyward_core::{Code, RequestId, TenantId};
use keyward_ledger::{Action, Outcome, Record};
use keyward_store::{
    Connection,
    tables::audit_pages::{self, Filter, Page},
};
use serde_json::Value;

use crate::{
    Engine, EngineError, OperationContext,
    audit_query::{query_of, seen_by},
};

/// The most that are looked up, newest first.
const MOST: u32 = 100;
/// Records about a root key's state that one revocation can have caused, and some of others between.
const NEAR: u32 = 20;

/// Details of records that time lines are read from.
pub(crate) mod detail {
    pub(crate) const ASKED_AT: &str = "asked_at";
    pub(crate) const REVOKED_AT: &str = "revoked_at";
    pub(crate) const DENIED_AT: &str = "denied_at";
    pub(crate) const EVICTED: &str = "evicted";
    pub(crate) const EVICTED_AT: &str = "evicted_at";
    /// When the key had last answered this process.
    pub(crate) const ANSWERED_LAST: &str = "answered_last";
    /// Keys that were opened while the revocation was being committed, and wiped after it.
    pub(crate) const LATE: &str = "evicted_late";
    pub(crate) const ANSWERED_AT: &str = "answered_at";
    pub(crate) const FIRST_REFUSAL_AT: &str = "first_refusal_at";
    pub(crate) const WATCHED_SECONDS: &str = "watched_seconds";
}

/// What locked the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationCause {
    /// Somebody revoked it in Keyward.
    Revoked,
    /// Its key was denied at its provider.
    Denied,
}

/// A time line, from the log's records alone.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RevocationTimeline {
    /// Whose keys.
    pub tenant: TenantId,
    /// What locked it.
    pub cause: RevocationCause,
    /// The record that begins it.
    pub seq: u64,
    /// The request, which all records of it carry.
    pub request: RequestId,
    /// Who asked, or whose call was denied.
    pub actor: String,
    /// Why: what was given as the reason, or the denial's code.
    pub reason: Option<String>,
    /// Whether it was a drill.
    pub drill: bool,
    /// When it was asked for, or a call was denied.
    pub began_at: DateTime<Utc>,
    /// When the tenant was locked, which is the time in its record.
    pub recorded_at: DateTime<Utc>,
    /// How many unwrapped data keys were wiped.
    pub evicted: u64,
    /// When they were, of a denial.
    pub evicted_at: Option<DateTime<Utc>>,
    /// When the key had last answered before it was denied, where that is known: its owner refused it
    /// between that and `began_at`.
    pub answered_last: Option<DateTime<Utc>>,
    /// Whether the key was to be disabled at its provider too.
    pub at_provider: bool,
    /// When the provider had disabled the key.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When the provider first refused the key: after it was disabled, or by the denial that this is.
    pub first_refusal_at: Option<DateTime<Utc>>,
    /// For how long the provider was watched in vain.
    pub still_answered_seconds: Option<u64>,
    /// The first operation that Keyward refused afterwards.
    pub first_refused: Option<RefusedOperation>,
    /// When the tenant was restored.
    pub restored_at: Option<DateTime<Utc>>,
}

/// An operation that was refused since its tenant was locked.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RefusedOperation {
    /// Its record.
    pub seq: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// What was tried.
    pub action: Action,
    /// With which code it was refused.
    pub code: Option<String>,
}

impl RevocationTimeline {
    /// Milliseconds from the beginning until Keyward had locked the tenant.
    #[must_use]
    pub fn locked_after_ms(&self) -> u64 {
        between(self.began_at, self.recorded_at)
    }

    /// Milliseconds from when the provider had disabled the key until it first refused it.
    #[must_use]
    pub fn refused_after_ms(&self) -> Option<u64> {
        Some(between(self.disabled_at?, self.first_refusal_at?))
    }
}

impl Engine {
    /// The last hundred revocations, and denials that suspended a tenant, newest first: of a tenant, or
    /// of all. A tenant's approver sees that tenant's only. Leaves no record but a refusal's.
    ///
    /// Those whose records are archived are found only where their day was fetched.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`]; [`EngineError::Ledger`] where a record isn't what was written.
    pub async fn revocations(
        &self,
        context: &OperationContext,
        tenant: Option<&TenantId>,
    ) -> Result<Vec<RevocationTimeline>, EngineError> {
        let tenant = seen_by(&context.role, tenant);
        self.guard(context, query_of(tenant.as_ref()), async {
            let mut reader = self.store.read().await?;
            timelines(&mut reader, tenant.as_ref(), MOST).await
        })
        .await
    }
}

/// The newest time lines.
pub(crate) async fn timelines(
    reader: &mut Connection,
    tenant: Option<&TenantId>,
    most: u32,
) -> Result<Vec<RevocationTimeline>, EngineError> {
    let mut found = Vec::new();
    for action in [Action::TenantRevoke, Action::TenantSuspend] {
        let filter = of(tenant, action, Outcome::Ok);
        found.extend(page(reader, &filter, Page::Newest, most).await?);
    }
    let mut lines: Vec<_> = found.iter().filter_map(begun).collect();
    lines.sort_unstable_by_key(|line| std::cmp::Reverse(line.seq));
    lines.truncate(most as usize);
    for line in &mut lines {
        follow(reader, line).await?;
    }
    Ok(lines)
}

/// A time in a record's details.
pub(crate) fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The time line that a record begins, if it does. One by hand that locked nothing for good, a
/// suspension, is none.
fn begun(record: &Record) -> Option<RevocationTimeline> {
    let (cause, began, recorded) = match record.action {
        Action::TenantRevoke => (RevocationCause::Revoked, detail::ASKED_AT, detail::REVOKED_AT),
        _ => (RevocationCause::Denied, detail::DENIED_AT, ""),
    };
    let began_at = time(record, began)?;
    Some(RevocationTimeline {
        tenant: record.tenant.clone()?,
        cause,
        seq: record.seq,
        request: record.request,
        actor: record.actor.to_string(),
        reason: record.details.get("reason").and_then(Value::as_str).map(str::to_owned),
        drill: flag(record, "drill"),
        began_at,
        recorded_at: time(record, recorded).unwrap_or(record.time),
        evicted: number(record, detail::EVICTED).unwrap_or_default(),
        evicted_at: time(record, detail::EVICTED_AT),
        answered_last: time(record, detail::ANSWERED_LAST),
        at_provider: flag(record, "at_provider"),
        disabled_at: None,
        first_refusal_at: (cause == RevocationCause::Denied).then_some(began_at),
        still_answered_seconds: None,
        first_refused: None,
        restored_at: None,
    })
}

/// Adds what later records say.
async fn follow(reader: &mut Connection, line: &mut RevocationTimeline) -> Result<(), EngineError> {
    let tenant = line.tenant.clone();
    let after = Page::After(line.seq);
    let tenant = Some(&tenant);
    let restored = of(tenant, Action::TenantRestore, Outcome::Ok);
    let restored = page(reader, &restored, after, 1).await?;
    line.restored_at = restored.first().map(|record| record.time);

    let refused =
        Filter { tenant: tenant.cloned(), outcome: word(Outcome::Denied), ..<_>::default() };
    line.first_refused = page(reader, &refused, after, NEAR)
        .await?
        .into_iter()
        .filter(|record| restored.first().is_none_or(|restored| record.seq < restored.seq))
        // A revocation that its provider refuses to carry out has locked the tenant all the same.
        .filter(|record| record.action != Action::TenantRevoke)
        .find(is_of_a_locked_tenant)
        .map(|record| RefusedOperation {
            seq: record.seq,
            at: record.time,
            action: record.action,
            code: record.code,
        });

    if line.cause == RevocationCause::Revoked {
        let own = |record: &Record| record.request == line.request;
        let late = of(tenant, Action::TenantRevoke, Outcome::Ok);
        for record in page(reader, &late, after, NEAR).await?.iter().filter(|record| own(record)) {
            line.evicted += number(record, detail::LATE).unwrap_or_default();
        }
        let states = of(tenant, Action::RootKeyState, Outcome::Ok);
        for record in page(reader, &states, after, NEAR).await?.iter().filter(|record| own(record))
        {
            let set =
                |to: &mut Option<DateTime<Utc>>, name| *to = to.or_else(|| time(record, name));
            set(&mut line.disabled_at, detail::ANSWERED_AT);
            set(&mut line.first_refusal_at, detail::FIRST_REFUSAL_AT);
            line.still_answered_seconds =
                line.still_answered_seconds.or_else(|| number(record, detail::WATCHED_SECONDS));
        }
    }
    Ok(())
}

/// Whether an operation was refused for its tenant or key being locked, and not for who asked.
fn is_of_a_locked_tenant(record: &Record) -> bool {
    let codes = [
        Code::TenantSuspended,
        Code::TenantRevoked,
        Code::TenantOffboarded,
        Code::KeyState,
        Code::KeyDenied,
        Code::KeyDisabled,
        Code::KeyPendingDeletion,
        Code::KeyNotFound,
    ];
    record.code.as_deref().is_some_and(|code| codes.iter().any(|known| known.as_str() == code))
}

async fn page(
    reader: &mut Connection,
    filter: &Filter,
    start: Page,
    limit: u32,
) -> Result<Vec<Record>, EngineError> {
    let rows = audit_pages::page(reader, filter, start, limit).await?;
    Ok(rows.iter().map(|row| Record::parse(&row.body)).collect::<Result<_, _>>()?)
}

fn of(tenant: Option<&TenantId>, action: Action, outcome: Outcome) -> Filter {
    Filter {
        tenant: tenant.cloned(),
        action: Some(action.as_str().into()),
        outcome: word(outcome),
        ..Filter::default()
    }
}

fn word(outcome: Outcome) -> Option<String> {
    Some(outcome.as_str().into())
}

fn time(record: &Record, name: &str) -> Option<DateTime<Utc>> {
    record.details.get(name)?.as_str()?.parse().ok()
}

fn number(record: &Record, name: &str) -> Option<u64> {
    record.details.get(name)?.as_u64()
}

fn flag(record: &Record, name: &str) -> bool {
    record.details.get(name).and_then(Value::as_bool).unwrap_or_default()
}

fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    u64::try_from((to - from).num_milliseconds()).unwrap_or_default()
}
