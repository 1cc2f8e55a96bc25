//! What needs attention of one tenant, told from its summary.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use keyward_core::{KeyState, RootKeyId, TenantId};
use keyward_store::tables::{
    challenges::ChallengeState, tenant_totals::QuarantineRow, tenants::BY_HAND,
    tenants::TenantState,
};

use super::{AttentionItem, AttentionKind};
use crate::TenantSummary;

/// A rotation is due before long from here on: so many hundredths of its period are left.
const LAST_HUNDREDTHS: i32 = 15;

/// Adds what needs attention of a tenant.
pub(super) fn collect(
    tenant: &TenantSummary,
    quarantined: &HashMap<TenantId, QuarantineRow>,
    now: DateTime<Utc>,
    items: &mut Vec<AttentionItem>,
) {
    if tenant.state == TenantState::Offboarded {
        return;
    }
    items.extend(locked(tenant));
    items.extend(challenge(tenant));
    items.extend(quarantined.get(&tenant.id).map(|row| AttentionItem {
        since: Some(row.since),
        count: Some(row.keys),
        total: Some(tenant.data_keys),
        ..AttentionItem::of(AttentionKind::KeysQuarantined, &tenant.id)
    }));
    if tenant.stale_sidecars > 0 {
        items.push(AttentionItem {
            count: Some(tenant.stale_sidecars),
            total: Some(tenant.datasets),
            ..AttentionItem::of(AttentionKind::SidecarsStale, &tenant.id)
        });
    }
    // A locked tenant's key can neither be rotated nor wrap anything anew.
    if tenant.state == TenantState::Active {
        items.extend(rotation(tenant, now));
        items.extend(rewrap(tenant));
    }
}

fn locked(tenant: &TenantSummary) -> Option<AttentionItem> {
    let by_hand = tenant.state_code.as_deref().is_none_or(|code| code == BY_HAND);
    let kind = match tenant.state {
        TenantState::Suspended if by_hand => AttentionKind::TenantSuspended,
        TenantState::Suspended => AttentionKind::TenantDenied,
        TenantState::Revoked => AttentionKind::TenantRevoked,
        TenantState::Pending | TenantState::Active | TenantState::Offboarded => return None,
    };
    Some(AttentionItem {
        root_key: root_key(tenant),
        code: tenant.state_code.clone(),
        since: Some(tenant.state_since),
        ..AttentionItem::of(kind, &tenant.id)
    })
}

fn challenge(tenant: &TenantSummary) -> Option<AttentionItem> {
    let challenge = tenant.challenge.as_ref()?;
    let (kind, since, until) = match challenge.state {
        ChallengeState::Open => {
            (AttentionKind::ChallengeOpen, challenge.created_at, Some(challenge.expires_at))
        }
        ChallengeState::Failed => (
            AttentionKind::ChallengeFailed,
            challenge.answered_at.unwrap_or(challenge.created_at),
            None,
        ),
        ChallengeState::Expired => (AttentionKind::ChallengeExpired, challenge.expires_at, None),
        ChallengeState::Passed => return None,
    };
    Some(AttentionItem {
        root_key: Some(RootKeyId { tenant: tenant.id.clone(), number: challenge.root_key }),
        subject: Some(challenge.id.to_string()),
        code: Some(challenge.kind.as_str().into()),
        since: Some(since),
        until,
        ..AttentionItem::of(kind, &tenant.id)
    })
}

fn rotation(tenant: &TenantSummary, now: DateTime<Utc>) -> Option<AttentionItem> {
    let active = tenant.root_key.as_ref().is_some_and(|key| key.state == KeyState::Active);
    let due_at = tenant.due_at.filter(|_| active)?;
    let soon = TimeDelta::days(tenant.rotation_days.into()) * LAST_HUNDREDTHS / 100;
    let of =
        |kind| AttentionItem { root_key: root_key(tenant), ..AttentionItem::of(kind, &tenant.id) };
    if now >= due_at {
        return Some(AttentionItem { since: Some(due_at), ..of(AttentionKind::RotationOverdue) });
    }
    (due_at - now <= soon).then(|| AttentionItem {
        since: tenant.rotated_at,
        until: Some(due_at),
        ..of(AttentionKind::RotationDue)
    })
}

fn rewrap(tenant: &TenantSummary) -> Option<AttentionItem> {
    (tenant.stale_data_keys > 0).then(|| AttentionItem {
        root_key: root_key(tenant),
        since: tenant.rotated_at,
        count: Some(tenant.stale_data_keys),
        total: Some(tenant.data_keys),
        ..AttentionItem::of(AttentionKind::RewrapUnfinished, &tenant.id)
    })
}

fn root_key(tenant: &TenantSummary) -> Option<RootKeyId> {
    let number = tenant.root_key.as_ref()?.number;
    Some(RootKeyId { tenant: tenant.id.clone(), number })
}
