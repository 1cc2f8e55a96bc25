//! The local store's policies: its access lists, and the commands that set them.

use std::collections::BTreeSet;

use keyward_core::{Provider, TenantId, reference::LocalKey};

use super::{AccessList, KeyUse};
use crate::{KeyPolicy, PolicyDifference, PolicyDifferences, PolicyForm, PolicyPart};

/// What the owner of a local key runs so that a tenant may use it.
pub(super) fn asked(key: &LocalKey, tenant: &TenantId) -> KeyPolicy {
    let name = key.name();
    let allow = format!("keyward keystore allow {name} {tenant} --use wrap --use unwrap");
    let create = format!("keyward keystore create {name} --allow {tenant}");
    KeyPolicy {
        provider: Provider::Local,
        key: key.to_string(),
        tenant: tenant.clone(),
        // The store asks for which tenant a key is used, and not who asks.
        principal: None,
        needs_principal: false,
        form: PolicyForm::Commands,
        text: allow.clone(),
        parts: vec![
            PolicyPart {
                name: "allow",
                why: "lets the tenant's data keys be wrapped and unwrapped with a key that is there",
                optional: false,
                text: allow,
            },
            PolicyPart {
                name: "create",
                why: "makes the key where it isn't there yet, and lets the tenant use it",
                optional: true,
                text: create,
            },
        ],
    }
}

/// The access list as JSON.
pub(super) fn found(access: &AccessList) -> String {
    serde_json::to_string_pretty(access).expect("an access list has only texts")
}

/// Compares an access list in JSON with what is asked for.
pub(super) fn compare(asked: &KeyPolicy, found: &str) -> PolicyDifferences {
    let Ok(access) = serde_json::from_str::<AccessList>(found) else {
        return PolicyDifferences::untold(
            "access list",
            "it is not in the form that the store has",
        );
    };
    let none = BTreeSet::new();
    let uses = access.get(&asked.tenant).unwrap_or(&none);
    let missing = KeyUse::ALL.iter().filter(|wanted| !uses.contains(wanted));
    let missing = missing.map(|wanted| {
        difference(
            match wanted {
                KeyUse::Wrap => "wrap",
                KeyUse::Unwrap => "unwrap",
            },
            format!("is not allowed to `{}`", asked.tenant),
        )
    });
    let others =
        access.iter().filter(|(tenant, uses)| **tenant != asked.tenant && !uses.is_empty());
    let broader = others.map(|(tenant, _)| {
        difference("other tenants", format!("the key may be used for `{tenant}` as well"))
    });
    PolicyDifferences::of(missing.collect(), broader.collect(), Vec::new())
}

fn difference(what: &str, why: String) -> PolicyDifference {
    PolicyDifference { what: what.into(), why, optional: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_list_is_compared_by_tenant_and_use() {
        let tenant: TenantId = "acme".parse().unwrap();
        let asked = asked(&"acme-root".parse().unwrap(), &tenant);
        assert_eq!(asked.text, "keyward keystore allow acme-root acme --use wrap --use unwrap");
        let with = |list: &[(&str, &[KeyUse])]| {
            let access = list
                .iter()
                .map(|(tenant, uses)| (tenant.parse().unwrap(), uses.iter().copied().collect()))
                .collect();
            compare(&asked, &found(&access))
        };
        assert!(with(&[("acme", &KeyUse::ALL)]).fine);
        let half = with(&[("acme", &[KeyUse::Unwrap])]);
        assert_eq!((half.missing[0].what.as_str(), half.fine), ("wrap", false));
        let shared = with(&[("acme", &KeyUse::ALL), ("umbrella", &[KeyUse::Wrap])]);
        assert_eq!((shared.broader.len(), shared.missing.len(), shared.fine), (1, 0, false));
        assert_eq!(with(&[]).missing.len(), 2);
        assert_eq!(compare(&asked, "[]").unsure.len(), 1);
    }
}
