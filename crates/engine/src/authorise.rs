//! The one gate that every operation passes: may this role do this to this tenant, in this region?
//!
//! Until identities arrive the actor is the account of the operating system and the role is what it
//! says it is. The rules are complete all the same, so that identities change who may take a role and
//! not a single call site.

use keyward_core::{Role, TenantId};
use keyward_ledger::Action;

use crate::{Engine, EngineError, OperationContext};

impl Engine {
    /// Checks the region that the request was made for, the role, and its tenant scope.
    ///
    /// # Errors
    /// [`EngineError::ForeignRegion`], [`EngineError::NotAuthorised`].
    pub(crate) fn authorise(
        &self,
        context: &OperationContext,
        action: Action,
        tenant: Option<&TenantId>,
    ) -> Result<(), EngineError> {
        if context.region != self.region {
            return Err(EngineError::ForeignRegion {
                asked: context.region.clone(),
                here: self.region.clone(),
            });
        }
        if allowed(&context.role, action, tenant) {
            return Ok(());
        }
        Err(EngineError::NotAuthorised {
            role: context.role.to_string(),
            action: action.as_str(),
            tenant: tenant.cloned(),
        })
    }
}

/// The rules.
pub(crate) fn allowed(role: &Role, action: Action, tenant: Option<&TenantId>) -> bool {
    use Action::{
        ApproverEnroll, AuditExport, AuditFetch, AuditNames, AuditQuery, AuditRelease, AuditVerify,
        ChallengeAnswer, DatasetNames, ExitKitWrite, ObjectDelete, ObjectList, ObjectRead,
        ObjectWrite, RootKeyState, TenantDrill, TenantRevoke,
    };
    match role {
        // Runs everything, and reads and writes no tenant's data; its objects' names in the log, where
        // it wants them closed, are its own to open.
        Role::Administrator => {
            !matches!(action, ObjectRead | ObjectWrite | ObjectDelete | AuditNames)
        }
        // Looks at everything in the log, archived days too, and changes nothing of it. Drills what it
        // answers for, on a tenant and a key that are made for the drill.
        Role::SecurityOfficer => matches!(
            action,
            AuditQuery | AuditVerify | AuditExport | AuditFetch | AuditRelease | TenantDrill
        ),
        // Within its own tenant only.
        Role::TenantApprover(own) => {
            tenant == Some(own)
                && matches!(
                    action,
                    ChallengeAnswer
                        | ApproverEnroll
                        | TenantRevoke
                        | RootKeyState
                        | AuditQuery
                        | AuditNames
                        | DatasetNames
                        | ExitKitWrite
                )
        }
        // The data path.
        Role::Application => matches!(action, ObjectWrite | ObjectRead | ObjectDelete | ObjectList),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// Every role's rights over its own tenant, another tenant and the workspace, as one table: a
    /// change of the rules is a change of this file, to be seen in review.
    #[test]
    fn the_matrix_is_as_written_down() {
        let own: TenantId = "acme".parse().unwrap();
        let other: TenantId = "other".parse().unwrap();
        let roles = [
            Role::Administrator,
            Role::SecurityOfficer,
            Role::TenantApprover(own.clone()),
            Role::Application,
        ];
        let mut table = format!("{:22}", "action");
        for role in &roles {
            write!(table, " {:22}", role.to_string()).unwrap();
        }
        table = format!("{}\n", table.trim_end());
        for action in Action::ALL {
            let mut line = format!("{:22}", action.as_str());
            for role in &roles {
                let scopes = [("acme", Some(&own)), ("other", Some(&other)), ("all", None)];
                let rights: Vec<_> = scopes
                    .into_iter()
                    .filter(|(_, tenant)| allowed(role, *action, *tenant))
                    .map(|(name, _)| name)
                    .collect();
                let rights = if rights.is_empty() { "-".into() } else { rights.join(" ") };
                write!(line, " {rights:22}").unwrap();
            }
            writeln!(table, "{}", line.trim_end()).unwrap();
        }
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/src/authorise.golden");
        if std::env::var_os("KEYWARD_BLESS").is_some() {
            std::fs::write(golden, &table).unwrap();
        }
        assert_eq!(std::fs::read_to_string(golden).unwrap(), table);
    }
}
