//! Views of onboarding: references as they are typed, and challenges.

use keyward_core::reference::recognise;
use keyward_engine::{ChallengeStep, ChallengeView, ReadKeyPolicy};
use keyward_kms::{KeyPolicy, PolicyDifference};
use specta::Type;

use super::words::word;

/// A pair of an encryption context.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct ContextPair {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// A challenge, with what the tenant needs to answer it.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct ChallengeItem {
    /// Names it in the answer.
    pub id: String,
    /// `decrypt`, `tag` or `attest`.
    pub kind: String,
    /// The root key it is about.
    pub root_key: String,
    /// The key's reference in this region.
    pub reference: String,
    /// Until when it may be answered.
    pub expires_at: String,
    /// `decrypt`: the provider's ciphertext of the nonce, base64.
    pub ciphertext: Option<String>,
    /// `decrypt`: the context to decrypt it in.
    pub encryption_context: Vec<ContextPair>,
    /// `tag`: the tag's key.
    pub tag_key: Option<String>,
    /// `tag`: the tag's value.
    pub tag_value: Option<String>,
    /// `attest`: the text to sign, to the byte.
    pub statement: Option<String>,
    /// `attest`: the namespace for an SSH signature.
    pub ssh_namespace: Option<String>,
    /// What the tenant runs with its own credentials, for a POSIX shell.
    pub command: Option<String>,
}

impl From<ChallengeView> for ChallengeItem {
    fn from(view: ChallengeView) -> Self {
        let pairs = view.encryption_context.as_ref().into_iter().flat_map(|context| {
            context
                .iter()
                .map(|(key, value)| ContextPair { key: key.to_owned(), value: value.to_owned() })
        });
        Self {
            encryption_context: pairs.collect(),
            command: view.command(None),
            id: view.id.to_string(),
            kind: view.kind.as_str().into(),
            root_key: view.root_key,
            reference: view.reference,
            expires_at: view.expires_at.to_rfc3339(),
            ciphertext: view.ciphertext,
            tag_key: view.tag_key,
            tag_value: view.tag_value,
            statement: view.statement,
            ssh_namespace: view.ssh_namespace,
        }
    }
}

/// A step that answering a challenge has passed.
#[derive(Clone, Copy, Debug, serde::Serialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum ChallengeStepView {
    /// The answer is right.
    Answered,
    /// The provider describes a key that can be a root key, and is enabled.
    Described,
    /// It unwraps in its tenant's context what it wrapped there.
    OwnContext,
    /// It refuses to unwrap that in another tenant's context.
    ForeignContext,
    /// The key is proven, and is the tenant's active one.
    Activated,
    /// The key is proven, and waits to be rotated to.
    Proven,
}

impl From<ChallengeStep> for ChallengeStepView {
    fn from(step: ChallengeStep) -> Self {
        match step {
            ChallengeStep::Answered => Self::Answered,
            ChallengeStep::Described => Self::Described,
            ChallengeStep::OwnContext => Self::OwnContext,
            ChallengeStep::ForeignContext => Self::ForeignContext,
            ChallengeStep::Activated => Self::Activated,
            ChallengeStep::Proven => Self::Proven,
        }
    }
}

/// What a typed text is taken for.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct RecognisedView {
    /// The provider whose form it has, as far as it can be told.
    pub provider: Option<String>,
    /// The parts that are read and right, in their order.
    pub parts: Vec<ReferencePartView>,
    /// The reference in its provider's usual spelling, once it is whole.
    pub reference: Option<String>,
    /// Who would control the key.
    pub custody: Option<String>,
    /// The region that the reference names.
    pub region: Option<String>,
    /// The part that is wrong or missing.
    pub part: Option<String>,
    /// What that part must be.
    pub expected: Option<String>,
    /// What stands there instead.
    pub found: Option<String>,
    /// A whole reference of this form.
    pub example: Option<String>,
}

/// A part of a reference.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct ReferencePartView {
    /// Which: `region`, `account`, `vault` and so on.
    pub name: String,
    /// What it says.
    pub value: String,
}

impl RecognisedView {
    /// What the text is taken for.
    pub fn of(text: &str) -> Self {
        let found = recognise(text);
        let parts = found
            .parts
            .into_iter()
            .map(|part| ReferencePartView { name: part.name.into(), value: part.value })
            .collect();
        let provider = found.provider.map(|provider| provider.as_str().into());
        match found.reference {
            Ok(reference) => Self {
                provider,
                parts,
                custody: Some(reference.custody().as_str().into()),
                region: reference.region().map(|region| region.to_string()),
                reference: Some(reference.to_string()),
                part: None,
                expected: None,
                found: None,
                example: None,
            },
            Err(wrong) => Self {
                provider,
                parts,
                reference: None,
                custody: None,
                region: None,
                part: Some(wrong.part.into()),
                expected: Some(wrong.expected.into()),
                found: wrong.found,
                example: Some(wrong.example.into()),
            },
        }
    }
}

/// What a tenant has to allow at its provider.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct KeyPolicyView {
    /// Whose words it is in.
    pub provider: String,
    /// As whom Keyward calls the provider, where that is known.
    pub principal: Option<String>,
    /// Whether the text has a place left that the principal must be written into before it is applied.
    pub needs_principal: bool,
    /// The form of the texts: `json` or `shell`.
    pub form: String,
    /// All parts together, to be applied as it stands.
    pub text: String,
    /// The parts.
    pub parts: Vec<PolicyPartView>,
}

/// A part of a policy.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct PolicyPartView {
    /// Its name.
    pub name: String,
    /// What Keyward needs it for.
    pub why: String,
    /// Whether it may be left out.
    pub optional: bool,
    /// Its text.
    pub text: String,
}

impl From<KeyPolicy> for KeyPolicyView {
    fn from(policy: KeyPolicy) -> Self {
        Self {
            provider: policy.provider.as_str().into(),
            principal: policy.principal,
            needs_principal: policy.needs_principal,
            form: word(&policy.form),
            text: policy.text,
            parts: policy
                .parts
                .into_iter()
                .map(|part| PolicyPartView {
                    name: part.name.into(),
                    why: part.why.into(),
                    optional: part.optional,
                    text: part.text,
                })
                .collect(),
        }
    }
}

/// A policy in force beside the one that is asked for.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct ReadPolicyView {
    /// What is asked for.
    pub asked: KeyPolicyView,
    /// What is in force, in the provider's form; none where the provider has no policies to show.
    pub found: Option<String>,
    /// How the two differ, where there is something to compare.
    pub differences: Option<DifferencesView>,
}

/// How a policy differs from what is asked for.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct DifferencesView {
    /// Asked for and not allowed.
    pub missing: Vec<DifferenceView>,
    /// Allowed to Keyward beyond what is asked for.
    pub broader: Vec<DifferenceView>,
    /// What the policy's text alone doesn't tell.
    pub unsure: Vec<DifferenceView>,
    /// Whether all that isn't optional is allowed, nothing beyond, and nothing is unsure.
    pub fine: bool,
}

/// One difference.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct DifferenceView {
    /// The action or use that it is about.
    pub what: String,
    /// What is so about it.
    pub why: String,
    /// Whether Keyward does without it.
    pub optional: bool,
}

impl From<ReadKeyPolicy> for ReadPolicyView {
    fn from(read: ReadKeyPolicy) -> Self {
        let list = |found: Vec<PolicyDifference>| {
            found
                .into_iter()
                .map(|one| DifferenceView { what: one.what, why: one.why, optional: one.optional })
                .collect()
        };
        Self {
            asked: read.asked.into(),
            found: read.found,
            differences: read.differences.map(|found| DifferencesView {
                missing: list(found.missing),
                broader: list(found.broader),
                unsure: list(found.unsure),
                fine: found.fine,
            }),
        }
    }
}
