//! Key states and their transitions, after NIST SP 800-57 part 1 rev. 5, section 7.

use std::{fmt, str::FromStr};

/// The state of a root key reference or a data key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// Registered, not yet proven: it may only answer onboarding challenges.
    PreActivation,
    /// Wraps and unwraps.
    Active,
    /// Neither wraps nor unwraps, until it is restored.
    Suspended,
    /// Unwraps, never wraps.
    Deactivated,
    /// Known or feared to be known to others. Unwraps only to move what it still wraps elsewhere.
    Compromised,
    /// Gone: nothing under it can be opened again by Keyward.
    Destroyed,
}

/// A transition that SP 800-57 doesn't have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key in state `{from}` can't become `{to}`")]
pub struct TransitionError {
    /// The state the key is in.
    pub from: KeyState,
    /// The state that was asked for.
    pub to: KeyState,
}

impl KeyState {
    /// All states, in the order of a key's life.
    pub const ALL: [Self; 6] = [
        Self::PreActivation,
        Self::Active,
        Self::Suspended,
        Self::Deactivated,
        Self::Compromised,
        Self::Destroyed,
    ];

    /// The word used in records, tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreActivation => "pre-activation",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deactivated => "deactivated",
            Self::Compromised => "compromised",
            Self::Destroyed => "destroyed",
        }
    }

    /// Whether new data may be wrapped or encrypted under a key in this state.
    #[must_use]
    pub fn may_wrap(self) -> bool {
        self == Self::Active
    }

    /// Whether what is already under the key may be opened.
    #[must_use]
    pub fn may_unwrap(self) -> bool {
        matches!(self, Self::Active | Self::Deactivated | Self::Compromised)
    }

    /// Checks a transition against SP 800-57 part 1 rev. 5, figure 5 and section 7.5.
    ///
    /// # Errors
    /// [`TransitionError`] where the standard has no such transition.
    pub fn transition(self, to: Self) -> Result<Self, TransitionError> {
        use KeyState::{Active, Compromised, Deactivated, Destroyed, PreActivation, Suspended};
        let allowed = match self {
            PreActivation => matches!(to, Active | Suspended | Compromised | Destroyed),
            Active => matches!(to, Suspended | Deactivated | Compromised | Destroyed),
            Suspended => matches!(to, Active | Deactivated | Compromised | Destroyed),
            Deactivated => matches!(to, Compromised | Destroyed),
            Compromised => matches!(to, Destroyed),
            Destroyed => false,
        };
        if allowed { Ok(to) } else { Err(TransitionError { from: self, to }) }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no key state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a key state")]
pub struct KeyStateError(String);

impl FromStr for KeyState {
    type Err = KeyStateError;

    fn from_str(text: &str) -> Result<Self, KeyStateError> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| KeyStateError(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows: from, in the order of `ALL`; columns: to. As in SP 800-57 part 1 rev. 5, figure 5.
    const TABLE: [[u8; 6]; 6] = [
        [0, 1, 1, 0, 1, 1],
        [0, 0, 1, 1, 1, 1],
        [0, 1, 0, 1, 1, 1],
        [0, 0, 0, 0, 1, 1],
        [0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0],
    ];

    #[test]
    fn transitions_are_those_of_the_standard() {
        for (from, row) in KeyState::ALL.into_iter().zip(TABLE) {
            for (to, allowed) in KeyState::ALL.into_iter().zip(row) {
                assert_eq!(from.transition(to).is_ok(), allowed == 1, "{from} to {to}");
            }
        }
    }

    #[test]
    fn only_an_active_key_wraps() {
        let wraps: Vec<_> = KeyState::ALL.into_iter().filter(|state| state.may_wrap()).collect();
        assert_eq!(wraps, [KeyState::Active]);
        assert!(!KeyState::Suspended.may_unwrap());
        assert!(KeyState::Deactivated.may_unwrap());
    }

    #[test]
    fn words_parse_back() {
        for state in KeyState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert!("Active".parse::<KeyState>().is_err());
    }
}
