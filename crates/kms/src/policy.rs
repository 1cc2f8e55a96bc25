//! What a key's owner has to allow Keyward, in the provider's own words, and how that compares with what
//! is allowed.

use keyward_core::{Provider, TenantId};

/// In which form a policy is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyForm {
    /// Statements of an AWS key policy: a JSON array, whose elements go into the policy's `Statement`.
    AwsStatements,
    /// Commands of the shell, one a line.
    Commands,
}

/// What a tenant has to apply to its root key so that Keyward may use it for this tenant alone.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyPolicy {
    /// Whose words it is in.
    pub provider: Provider,
    /// The key.
    pub key: String,
    /// Whose data keys it may wrap.
    pub tenant: TenantId,
    /// As whom Keyward calls the provider, where that is known.
    pub principal: Option<String>,
    /// Whether the text has a place left that the principal must be written into before it is applied.
    pub needs_principal: bool,
    /// The form of the texts.
    pub form: PolicyForm,
    /// All parts together, to be applied as it stands.
    pub text: String,
    /// The parts, of which the optional ones may be left out.
    pub parts: Vec<PolicyPart>,
}

/// A part of a policy.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PolicyPart {
    /// Its name: the statement's id, or what the command does.
    pub name: &'static str,
    /// What Keyward needs it for.
    pub why: &'static str,
    /// Whether Keyward does without it, with less to show or to do.
    pub optional: bool,
    /// The part alone.
    pub text: String,
}

/// How a policy that is in force differs from the one asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct PolicyDifferences {
    /// Asked for and not allowed.
    pub missing: Vec<PolicyDifference>,
    /// Allowed to Keyward beyond what is asked for.
    pub broader: Vec<PolicyDifference>,
    /// What the policy's text alone doesn't tell.
    pub unsure: Vec<PolicyDifference>,
    /// Whether everything that isn't optional is allowed, nothing beyond, and nothing is unsure.
    pub fine: bool,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct PolicyDifference {
    /// The action or use that it is about.
    pub what: String,
    /// What is so about it.
    pub why: String,
    /// Whether Keyward does without it.
    pub optional: bool,
}

impl PolicyDifferences {
    /// Sorts what was found, and judges it.
    #[must_use]
    pub fn of(
        mut missing: Vec<PolicyDifference>,
        mut broader: Vec<PolicyDifference>,
        mut unsure: Vec<PolicyDifference>,
    ) -> Self {
        for list in [&mut missing, &mut broader, &mut unsure] {
            list.sort_unstable();
            list.dedup();
        }
        let fine = broader.is_empty()
            && missing.iter().chain(&unsure).all(|difference| difference.optional);
        Self { missing, broader, unsure, fine }
    }

    /// Nothing can be told, for one reason.
    #[must_use]
    pub fn untold(what: &str, why: &str) -> Self {
        let difference = PolicyDifference { what: what.into(), why: why.into(), optional: false };
        Self::of(Vec::new(), Vec::new(), vec![difference])
    }
}
