//! Which role may do what, asked of the rules that decide it: nothing here is written down twice.

use keyward_core::{Role, TenantId};
use keyward_ledger::Action;

use crate::authorise::allowed;

/// One action, and how far each role's right to it goes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AccessRow {
    /// What is done.
    pub action: Action,
    /// Runs everything but the data path.
    pub administrator: AccessScope,
    /// Looks at the log.
    pub security_officer: AccessScope,
    /// Acts for one tenant.
    pub tenant_approver: AccessScope,
    /// The data path.
    pub application: AccessScope,
}

/// How far a role's right to an action goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessScope {
    /// For every tenant and the workspace.
    All,
    /// For the role's own tenant alone.
    OwnTenant,
    /// Not at all.
    None,
}

impl AccessScope {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::OwnTenant => "own-tenant",
            Self::None => "none",
        }
    }
}

/// Every action, in the order of the log's format.
#[must_use]
pub fn access_matrix() -> Vec<AccessRow> {
    // Any two tenants: the rules know a role's own tenant and others, and no tenant by its name.
    let [own, other] =
        ["own", "other"].map(|id| id.parse::<TenantId>().expect("a word is a tenant's id"));
    let approver = Role::TenantApprover(own.clone());
    let scope = |role: &Role, action: Action| {
        let may = |tenant| allowed(role, action, tenant);
        match (may(Some(&own)), may(Some(&other)), may(None)) {
            (true, true, true) => AccessScope::All,
            (true, false, false) => AccessScope::OwnTenant,
            // Nothing in between exists; if it did, it is told as less than it is, never as more.
            _ => AccessScope::None,
        }
    };
    Action::ALL
        .iter()
        .map(|&action| AccessRow {
            action,
            administrator: scope(&Role::Administrator, action),
            security_officer: scope(&Role::SecurityOfficer, action),
            tenant_approver: scope(&approver, action),
            application: scope(&Role::Application, action),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The matrix says of each action and role what `authorise.golden` says: nothing lies in between.
    #[test]
    fn the_matrix_is_that_of_the_rules() {
        let golden = include_str!("authorise.golden");
        let rights = |cell: &str| match cell.trim() {
            "acme other all" => AccessScope::All,
            "acme" => AccessScope::OwnTenant,
            "-" | "" => AccessScope::None,
            other => panic!("`{other}` lies in between"),
        };
        let rows = access_matrix();
        assert_eq!(rows.len(), golden.lines().count() - 1);
        for (row, line) in rows.iter().zip(golden.lines().skip(1)) {
            let cell = |n: usize| {
                let start = (n * 23).min(line.len());
                &line[start..(start + 22).min(line.len())]
            };
            assert_eq!(row.action.as_str(), cell(0).trim());
            let told =
                [row.administrator, row.security_officer, row.tenant_approver, row.application];
            assert_eq!(told, [1, 2, 3, 4].map(|n| rights(cell(n))), "{line}");
        }
    }
}
