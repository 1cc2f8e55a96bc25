//! The provider's settings.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use zeroize::Zeroizing;

use crate::{call::Pkcs11Kms, token::TokenName};

/// Gives a token's PIN, or nothing where none is kept. Asked off the async threads at each log-in, so that
/// a PIN that is changed meanwhile is found.
pub type PinSource = Arc<dyn Fn(&TokenName) -> Option<Zeroizing<String>> + Send + Sync>;

/// By which mechanism keys are wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wrapping {
    /// AES-GCM where the token has it, else AES key wrap.
    #[default]
    Best,
    /// AES key wrap with padding, whatever else there is.
    KeyWrap,
}

/// The settings of [`Pkcs11Kms`].
#[derive(Clone)]
pub struct Pkcs11Builder {
    pub(crate) modules: Vec<PathBuf>,
    pub(crate) pin: Option<PinSource>,
    pub(crate) sessions: usize,
    pub(crate) patience: Duration,
    pub(crate) wrapping: Wrapping,
}

impl Pkcs11Builder {
    /// Lets a module be loaded: the path of its library. A reference without `module-path` finds its
    /// token in any of them.
    #[must_use]
    pub fn module(mut self, path: impl Into<PathBuf>) -> Self {
        self.modules.push(path.into());
        self
    }

    /// Where PINs come from. Without one, only tokens that need none can be used.
    #[must_use]
    pub fn pin(mut self, source: PinSource) -> Self {
        self.pin = Some(source);
        self
    }

    /// How many sessions a token is used by at once, at least 1.
    #[must_use]
    pub fn sessions(mut self, sessions: usize) -> Self {
        self.sessions = sessions.max(1);
        self
    }

    /// How long a call may take, the wait for a session included.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// By which mechanism keys are wrapped. What either one wrapped opens whatever is set.
    #[must_use]
    pub fn wrapping(mut self, wrapping: Wrapping) -> Self {
        self.wrapping = wrapping;
        self
    }

    /// The provider. No module is loaded before a key needs it.
    #[must_use]
    pub fn build(self) -> Pkcs11Kms {
        Pkcs11Kms::new(self)
    }
}

impl Default for Pkcs11Builder {
    fn default() -> Self {
        Self {
            modules: Vec::new(),
            pin: None,
            sessions: 8,
            patience: Duration::from_secs(10),
            wrapping: Wrapping::default(),
        }
    }
}

impl fmt::Debug for Pkcs11Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Builder").field("modules", &self.modules).finish_non_exhaustive()
    }
}
