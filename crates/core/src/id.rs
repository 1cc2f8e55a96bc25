//! Ids that Keyward makes. Each parses back from the text it prints.

use std::{fmt, str::FromStr};

use crate::{DatasetName, TenantId};

/// A text that is no id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}; it looks like `{example}`")]
pub struct IdError {
    what: &'static str,
    example: &'static str,
    text: String,
}

impl IdError {
    fn new(what: &'static str, example: &'static str, text: &str) -> Self {
        Self { what, example, text: text.chars().take(80).collect() }
    }
}

/// One data key: a tenant's dataset and the key's version in it. Prints as `dk:acme/invoices/3`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DataKeyId {
    /// Whose data it encrypts.
    pub tenant: TenantId,
    /// The dataset it serves.
    pub dataset: DatasetName,
    /// Counts from 1.
    pub version: u32,
}

impl fmt::Display for DataKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dk:{}/{}/{}", self.tenant, self.dataset, self.version)
    }
}

impl FromStr for DataKeyId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let parse = || {
            let mut parts = text.strip_prefix("dk:")?.split('/');
            let id = Self {
                tenant: parts.next()?.parse().ok()?,
                dataset: parts.next()?.parse().ok()?,
                version: counting(parts.next()?)?,
            };
            parts.next().is_none().then_some(id)
        };
        parse().ok_or_else(|| IdError::new("a data key id", "dk:acme/invoices/3", text))
    }
}

/// One registered root key of a tenant. Prints as `rk:acme/1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RootKeyId {
    /// Whose key it is.
    pub tenant: TenantId,
    /// Counts from 1, in the order of registration.
    pub number: u32,
}

impl fmt::Display for RootKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rk:{}/{}", self.tenant, self.number)
    }
}

impl FromStr for RootKeyId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let parse = || {
            let (tenant, number) = text.strip_prefix("rk:")?.split_once('/')?;
            Some(Self { tenant: tenant.parse().ok()?, number: counting(number)? })
        };
        parse().ok_or_else(|| IdError::new("a root key id", "rk:acme/1", text))
    }
}

macro_rules! serialize_as_text {
    ($($name:ident),*) => {
        $(impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        })*
    };
}

serialize_as_text! { DataKeyId, RootKeyId, ObjectId, ChallengeId, RequestId, WorkspaceId }

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id with these bytes; the caller brings the randomness.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The id's bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for byte in self.0 {
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                hex16(text).map(Self).ok_or_else(|| {
                    IdError::new($what, "9f86d081884c7d659a2feaa0c55ad015", text)
                })
            }
        }
    };
}

random_id! {
    /// One stored object. A new one for every write, so that a write never changes another's bytes.
    ObjectId, "an object id"
}

random_id! {
    /// One onboarding challenge.
    ChallengeId, "a challenge id"
}

random_id! {
    /// One request, in every record that it causes.
    RequestId, "a request id"
}

random_id! {
    /// One workspace: its database, its objects and its log.
    WorkspaceId, "a workspace id"
}

/// A number from 1 in its shortest decimal form, so that an id has exactly one spelling.
fn counting(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then_some(number)
}

/// What a hexadecimal digit stands for; [`NO_DIGIT`] for any other byte. A table, without a branch for
/// each digit: verifying a log reads two ids a record.
const NIBBLES: [u8; 256] = {
    let mut nibbles = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        nibbles[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    nibbles
};

const NO_DIGIT: u8 = 0xff;

fn hex16(text: &str) -> Option<[u8; 16]> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let pairs: &[[u8; 2]; 16] = pairs.try_into().ok()?;
    let nibbles = pairs.map(|pair| pair.map(|digit| NIBBLES[usize::from(digit)]));
    let wrong = nibbles.iter().flatten().any(|nibble| *nibble == NO_DIGIT);
    (!wrong).then(|| nibbles.map(|[high, low]| high << 4 | low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_parse_back() {
        for text in ["dk:acme/invoices/1", "dk:a/b/4294967295"] {
            assert_eq!(text.parse::<DataKeyId>().unwrap().to_string(), text);
        }
        assert_eq!("rk:acme/12".parse::<RootKeyId>().unwrap().to_string(), "rk:acme/12");
        let id = ObjectId::from_bytes([0xab; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_id_has_one_spelling() {
        for bad in [
            "dk:acme/invoices/01",
            "dk:acme/invoices/+1",
            "dk:acme/invoices/0",
            "dk:a/b/1/2",
            "dk:a/b",
            "rk:a/b/1",
        ] {
            assert!(bad.parse::<DataKeyId>().is_err(), "{bad}");
        }
        assert!("AB".repeat(16).parse::<ObjectId>().is_err());
        assert!("é".repeat(16).parse::<ObjectId>().is_err());
    }
}
