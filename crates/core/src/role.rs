//! Who acts, and in which role.

use std::{fmt, str::FromStr};

use crate::TenantId;

/// The role in which an actor acts.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Onboards tenants and runs rotation, rewrap and revocation.
    Administrator,
    /// Reads, verifies and exports the audit log; changes no key.
    SecurityOfficer,
    /// Acts for one tenant: answers its challenges, approves, and revokes its own keys.
    TenantApprover(TenantId),
    /// The data path: writes and reads objects.
    Application,
}

/// Why a text isn't a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "role `{0}` is none of `administrator`, `security-officer`, `application` and `tenant-approver:TENANT`"
)]
pub struct RoleError(String);

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Administrator => f.write_str("administrator"),
            Self::SecurityOfficer => f.write_str("security-officer"),
            Self::TenantApprover(tenant) => write!(f, "tenant-approver:{tenant}"),
            Self::Application => f.write_str("application"),
        }
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        let error = || RoleError(text.chars().take(80).collect());
        match text {
            "administrator" => Ok(Self::Administrator),
            "security-officer" => Ok(Self::SecurityOfficer),
            "application" => Ok(Self::Application),
            _ => text
                .strip_prefix("tenant-approver:")
                .and_then(|tenant| tenant.parse().ok())
                .map(Self::TenantApprover)
                .ok_or_else(error),
        }
    }
}

/// Who acts. Until identities arrive this is the account of the operating system.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Actor(pub String);

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
