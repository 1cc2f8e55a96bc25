//! The view of a credential that is kept: who it says we are, never what proves it.

use keyward_workspace::KeptCredential;
use specta::Type;

/// A credential that is kept.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct CredentialItem {
    /// Its kind: `aws`.
    pub kind: String,
    /// Whose keys are called with it.
    pub provider: String,
    /// Who it says we are; none where what is kept can't be read.
    pub identity: Option<String>,
    /// Where it is shown instead of the provider's own address.
    pub endpoint: Option<String>,
    /// Where it is asked for.
    pub region: Option<String>,
    /// Whether it ends by itself.
    pub temporary: bool,
    /// When it was given.
    pub set_at: Option<String>,
    /// By whom.
    pub set_by: Option<String>,
}

impl From<KeptCredential> for CredentialItem {
    fn from(kept: KeptCredential) -> Self {
        Self {
            kind: kept.kind.to_string(),
            provider: kept.kind.provider().as_str().into(),
            identity: kept.identity,
            endpoint: kept.endpoint,
            region: kept.region,
            temporary: kept.temporary,
            set_at: kept.set_at.map(|at| at.to_rfc3339()),
            set_by: kept.set_by,
        }
    }
}
