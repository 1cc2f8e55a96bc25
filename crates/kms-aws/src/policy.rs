//! Key policies: the statements that a tenant adds, and the policy in force.

use keyward_core::{Provider, TenantId, keys, reference::AwsKey};
use keyward_kms::{KeyPolicy, KmsError, PolicyForm, PolicyPart};
use serde_json::{Value, json};

use crate::{client::AwsKms, errors::failure};

/// A statement that is asked for.
pub(crate) struct Asked {
    pub(crate) sid: &'static str,
    why: &'static str,
    pub(crate) optional: bool,
    /// Whether the calls carry the encryption context, so that a condition on it can hold.
    pub(crate) in_context: bool,
    pub(crate) actions: &'static [&'static str],
}

/// All that this crate calls. `Sign` isn't among it: the tenant signs, and Keyward verifies.
pub(crate) const STATEMENTS: [Asked; 5] = [
    Asked {
        sid: "KeywardWrapsDataKeys",
        why: "wraps and unwraps data keys, in this tenant's encryption context and no other",
        optional: false,
        in_context: true,
        actions: &[
            "kms:Decrypt",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
    },
    Asked {
        sid: "KeywardDescribesTheKey",
        why: "tells the key's state; the call carries no encryption context",
        optional: false,
        in_context: false,
        actions: &["kms:DescribeKey"],
    },
    Asked {
        sid: "KeywardReadsAboutTheKey",
        why: "sees rotations (else every key is at version 1), this policy, and the tag of a challenge by tag",
        optional: true,
        in_context: false,
        actions: &[
            "kms:GetKeyPolicy",
            "kms:GetKeyRotationStatus",
            "kms:ListKeyRotations",
            "kms:ListResourceTags",
        ],
    },
    Asked {
        sid: "KeywardActsOnTheKey",
        why: "rotates the key, and disables and enables it with a revocation, where Keyward is to do that",
        optional: true,
        in_context: false,
        actions: &["kms:DisableKey", "kms:EnableKey", "kms:RotateKeyOnDemand"],
    },
    Asked {
        sid: "KeywardVerifiesAttestations",
        why: "reads the public key for a challenge by attestation; belongs on the asymmetric key that signs it",
        optional: true,
        in_context: false,
        actions: &["kms:GetPublicKey"],
    },
];

/// What stands for the principal until somebody writes it in. AWS takes no such policy.
const PLACE: &str = "ARN-OF-THE-ROLE-THAT-KEYWARD-RUNS-AS";

/// The condition key that holds the tenant of a call.
pub(crate) fn tenant_condition() -> String {
    format!("kms:EncryptionContext:{}", keys::TENANT)
}

/// The statements to add to the key's policy.
pub(crate) fn asked(key: &AwsKey, tenant: &TenantId, principal: Option<&str>) -> KeyPolicy {
    let statements: Vec<Value> =
        STATEMENTS.iter().map(|asked| statement(asked, tenant, principal)).collect();
    let parts = STATEMENTS.iter().zip(&statements).map(|(asked, statement)| PolicyPart {
        name: asked.sid,
        why: asked.why,
        optional: asked.optional,
        text: pretty(statement),
    });
    KeyPolicy {
        provider: Provider::AwsKms,
        key: key.to_string(),
        tenant: tenant.clone(),
        principal: principal.map(str::to_owned),
        needs_principal: principal.is_none(),
        form: PolicyForm::AwsStatements,
        parts: parts.collect(),
        text: pretty(&Value::Array(statements)),
    }
}

fn statement(asked: &Asked, tenant: &TenantId, principal: Option<&str>) -> Value {
    let mut statement = json!({
        "Sid": asked.sid,
        "Effect": "Allow",
        "Principal": { "AWS": principal.unwrap_or(PLACE) },
        "Action": asked.actions,
        // In a key policy this is the key that it stands on.
        "Resource": "*",
    });
    if asked.in_context {
        statement["Condition"] = json!({
            "StringEquals": { tenant_condition(): tenant.to_string() }
        });
    }
    statement
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

impl AwsKms {
    /// The policy in force. KMS knows one policy of a key, by the name of `default`.
    pub(crate) async fn key_policy_in_force(
        &self,
        key: &AwsKey,
    ) -> Result<Option<String>, KmsError> {
        let key = &self.resolved(key).await?;
        let call = self.client(key).await.get_key_policy().key_id(key.to_string());
        let answer = call.policy_name("default").send().await;
        Ok(answer.map_err(|error| failure(key, &error))?.policy)
    }
}
