//! What needs a person now, most urgent first: told from the state as it is, so that nothing has to be
//! dismissed and nothing is told that is over.

mod log;
mod tenants;

use chrono::{DateTime, TimeDelta, Utc};
use keyward_core::{RootKeyId, TenantId};
use keyward_ledger::Action;
use keyward_store::tables::{intents, root_key_references};

use crate::{
    Engine, EngineError, OperationContext,
    audit_query::{query_of, seen_by},
};

/// What is under way for no longer than this is left to finish: an intent whose operation waits for its
/// provider, a place that is about to be brought up.
const UNDER_WAY: TimeDelta = TimeDelta::minutes(10);

/// One thing that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AttentionItem {
    /// What it is.
    pub kind: AttentionKind,
    /// How urgent that is.
    pub urgency: Urgency,
    /// The tenant concerned; `None` where it is the workspace's own.
    pub tenant: Option<TenantId>,
    /// The root key concerned.
    pub root_key: Option<RootKeyId>,
    /// What else it is about: the place or witness, the challenge's id, the intent's request.
    pub subject: Option<String>,
    /// The stable code or word of why.
    pub code: Option<String>,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// Until when something is to be done.
    pub until: Option<DateTime<Utc>>,
    /// How many it is about: data keys, records or sidecars.
    pub count: Option<u64>,
    /// Of how many.
    pub total: Option<u64>,
}

/// What needs attention, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttentionKind {
    /// A place outside the database contradicts the log: `code` says how (`rolled-back`, `forked`,
    /// `foreign`), `subject` which place.
    LogContradicted,
    /// The newest verification found something wrong with the log: `code` says what.
    LogVerificationFailed,
    /// A tenant was suspended because its root key was denied: `code` says how.
    TenantDenied,
    /// A locked tenant's root key still answers in another region, `subject`, since `since`: its owner left a
    /// replica enabled.
    ReplicaOpen,
    /// A root key is unreachable, and `count` data keys serve under their grant window: the first until
    /// `until`.
    GrantRunningOut,
    /// A rewrap couldn't move `count` of `total` data keys.
    KeysQuarantined,
    /// A challenge was answered wrongly.
    ChallengeFailed,
    /// A root key's current version is older than its rotation period, since `since`.
    RotationOverdue,
    /// A rewrap has yet to move `count` of `total` data keys.
    RewrapUnfinished,
    /// An operation at a provider began, and how it ended isn't known: `code` is the operation.
    IntentOpen,
    /// A challenge wasn't answered in time.
    ChallengeExpired,
    /// A challenge waits for its answer, until `until`.
    ChallengeOpen,
    /// A place that keeps the log's checkpoints can't be reached, or keeps none.
    AnchorMissing,
    /// A place lacks the newest `count` records' checkpoint, since `since`.
    AnchorBehind,
    /// A witness hasn't cosigned the newest `count` records, since `since`.
    WitnessBehind,
    /// The log was never verified.
    LogNeverVerified,
    /// The log was last verified more than seven days ago, at `since`; `count` records have come since.
    LogVerificationOld,
    /// A root key's rotation is due before long, at `until`.
    RotationDue,
    /// A tenant was suspended by somebody.
    TenantSuspended,
    /// A tenant's keys are revoked.
    TenantRevoked,
    /// The sidecars of `count` of `total` datasets lag behind.
    SidecarsStale,
}

/// How urgent something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// Data is out of reach, or the log isn't to be trusted.
    Critical,
    /// Somebody has something to finish.
    Warning,
    /// Good to know.
    Notice,
}

impl AttentionKind {
    /// How urgent it is.
    #[must_use]
    pub fn urgency(self) -> Urgency {
        match self {
            Self::LogContradicted
            | Self::LogVerificationFailed
            | Self::TenantDenied
            | Self::ReplicaOpen
            | Self::GrantRunningOut
            | Self::KeysQuarantined => Urgency::Critical,
            Self::ChallengeFailed
            | Self::RotationOverdue
            | Self::RewrapUnfinished
            | Self::IntentOpen
            | Self::ChallengeExpired
            | Self::ChallengeOpen
            | Self::AnchorMissing
            | Self::AnchorBehind
            | Self::WitnessBehind => Urgency::Warning,
            Self::LogNeverVerified
            | Self::LogVerificationOld
            | Self::RotationDue
            | Self::TenantSuspended
            | Self::TenantRevoked
            | Self::SidecarsStale => Urgency::Notice,
        }
    }
}

impl AttentionItem {
    /// Something about the workspace, of which no more is known yet.
    fn new(kind: AttentionKind) -> Self {
        Self {
            kind,
            urgency: kind.urgency(),
            tenant: None,
            root_key: None,
            subject: None,
            code: None,
            since: None,
            until: None,
            count: None,
            total: None,
        }
    }

    /// Something about a tenant.
    fn of(kind: AttentionKind, tenant: &TenantId) -> Self {
        Self { tenant: Some(tenant.clone()), ..Self::new(kind) }
    }
}

impl Engine {
    /// What needs a person now, most urgent first; of one kind, what is over first or oldest first. A
    /// tenant's approver is told what concerns that tenant, and nothing of the log. Leaves no record but a
    /// refusal's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`].
    pub async fn attention(
        &self,
        context: &OperationContext,
    ) -> Result<Vec<AttentionItem>, EngineError> {
        let tenant = seen_by(&context.role, None);
        self.guard(context, query_of(tenant.as_ref()), async {
            let now = self.clock.now();
            let mut items = match tenant {
                Some(_) => Vec::new(),
                None => self.attention_to_log(now).await?,
            };
            let mut reader = self.store.snapshot().await?;
            let summarised = self.summarise(&mut reader, tenant.as_ref()).await?;
            for summary in &summarised.summaries {
                tenants::collect(summary, &summarised.quarantined, now, &mut items);
            }
            for intent in intents::list_open(&mut reader).await? {
                let seen = tenant.as_ref().is_none_or(|own| *own == intent.tenant);
                if seen && now - intent.opened_at >= UNDER_WAY {
                    items.push(AttentionItem {
                        subject: Some(intent.id.to_string()),
                        code: intent.operation.parse::<Action>().ok().map(|it| it.to_string()),
                        since: Some(intent.opened_at),
                        ..AttentionItem::of(AttentionKind::IntentOpen, &intent.tenant)
                    });
                }
            }
            let seen = |id: &TenantId| tenant.as_ref().is_none_or(|own| own == id);
            items.extend(
                self.grants(now).into_iter().filter(|item| item.tenant.as_ref().is_some_and(seen)),
            );
            for (key, region, since) in root_key_references::open(&mut reader).await? {
                if seen(&key.tenant) {
                    items.push(AttentionItem {
                        subject: Some(region.to_string()),
                        since: Some(since),
                        root_key: Some(key.clone()),
                        ..AttentionItem::of(AttentionKind::ReplicaOpen, &key.tenant)
                    });
                }
            }
            items.sort_by(|a, b| order(a).cmp(&order(b)));
            Ok(items)
        })
        .await
    }
}

impl Engine {
    /// Tenants whose keys serve under their grant window in this process.
    fn grants(&self, now: DateTime<Utc>) -> Vec<AttentionItem> {
        let mut items: Vec<AttentionItem> = Vec::new();
        for held in self.cache.on_grant() {
            let (since, until) = (held.granted.map(|ago| now - ago), now + held.stays);
            match items.iter_mut().find(|item| item.tenant.as_ref() == Some(&held.key.tenant)) {
                None => items.push(AttentionItem {
                    since,
                    until: Some(until),
                    count: Some(1),
                    ..AttentionItem::of(AttentionKind::GrantRunningOut, &held.key.tenant)
                }),
                Some(item) => {
                    item.since = item.since.min(since);
                    item.until = item.until.min(Some(until));
                    item.count = item.count.map(|count| count + 1);
                }
            }
        }
        items
    }
}

type Order<'i> = (AttentionKind, Option<DateTime<Utc>>, Option<&'i TenantId>, Option<&'i str>);

fn order(item: &AttentionItem) -> Order<'_> {
    (item.kind, item.until.or(item.since), item.tenant.as_ref(), item.subject.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_more_urgent_comes_first() {
        use AttentionKind as Kind;
        let kinds = [Kind::LogContradicted, Kind::ChallengeOpen, Kind::SidecarsStale];
        assert!(kinds.is_sorted());
        assert!(kinds.map(Kind::urgency).is_sorted());
        assert_eq!(serde_json::to_value(Kind::RotationOverdue).unwrap(), "rotation-overdue");
        assert!(Kind::WitnessBehind.urgency() < Kind::LogNeverVerified.urgency());
    }
}
