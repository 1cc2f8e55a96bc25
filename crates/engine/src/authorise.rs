//! The one gate that every operation passes: may this role do this to this tenant?
//!
//! Until identities arrive the actor is the account of the operating system and the role is what it
//! says it is. The rules are complete all the same, so that identities change who may take a role and
//! not a single call site.

use keyward_core::{Role, TenantId};
use keyward_ledger::Action;

use crate::{EngineError, OperationContext};

/// Checks the role and its tenant scope.
///
/// # Errors
/// [`EngineError::NotAuthorised`].
pub(crate) fn authorise(
    context: &OperationContext,
    action: Action,
    tenant: Option<&TenantId>,
) -> Result<(), EngineError> {
    if allowed(&context.role, action, tenant) {
        return Ok(());
    }
    Err(EngineError::NotAuthorised {
        role: context.role.to_string(),
        action: action.as_str(),
        tenant: tenant.cloned(),
    })
}

/// The rules.
fn allowed(role: &Role, action: Action, tenant: Option<&TenantId>) -> bool {
    use Action::{
        ApproverEnroll, AuditExport, AuditQuery, AuditVerify, ChallengeAnswer, ExitKitWrite,
        ObjectDelete, ObjectList, ObjectRead, ObjectWrite, TenantRevoke,
    };
    match role {
        // Runs everything, and reads and writes no tenant's data.
        Role::Administrator => !matches!(action, ObjectRead | ObjectWrite | ObjectDelete),
        // Looks at everything in the log, and changes nothing.
        Role::SecurityOfficer => matches!(action, AuditQuery | AuditVerify | AuditExport),
        // Within its own tenant only.
        Role::TenantApprover(own) => {
            tenant == Some(own)
                && matches!(
                    action,
                    ChallengeAnswer | ApproverEnroll | TenantRevoke | AuditQuery | ExitKitWrite
                )
        }
        // The data path.
        Role::Application => matches!(action, ObjectWrite | ObjectRead | ObjectDelete | ObjectList),
    }
}
