//! Views of what roles may do.

use keyward_engine::AccessRow;
use specta::Type;

/// An action, and how far each role's right to it goes: `all`, `own-tenant` or `none`.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct AccessItem {
    /// The action, as records have it.
    pub action: String,
    /// The administrator's right.
    pub administrator: String,
    /// The security officer's right.
    pub security_officer: String,
    /// A tenant approver's right.
    pub tenant_approver: String,
    /// The right of an application, which reads and writes objects.
    pub application: String,
}

impl From<AccessRow> for AccessItem {
    fn from(row: AccessRow) -> Self {
        Self {
            action: row.action.as_str().into(),
            administrator: row.administrator.as_str().into(),
            security_officer: row.security_officer.as_str().into(),
            tenant_approver: row.tenant_approver.as_str().into(),
            application: row.application.as_str().into(),
        }
    }
}
