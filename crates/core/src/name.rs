//! Names that people choose: tenants, datasets and objects.

use std::{fmt, str::FromStr, sync::Arc};

/// Why a text isn't a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Tenant ids and dataset names.
    #[error(
        "{what} `{text}` is not 1 to 63 lower-case letters, digits and hyphens starting with a letter or digit"
    )]
    NotSlug {
        /// Which kind of name.
        what: &'static str,
        /// The start of the text.
        text: String,
    },
    /// An object's name is empty.
    #[error("the object's name is empty; give it a name")]
    Empty,
    /// An object's name is too long.
    #[error("the object's name has {length} bytes; {limit} is the limit", limit = ObjectName::MAX_LENGTH)]
    TooLong {
        /// Its length in bytes of UTF-8.
        length: usize,
    },
    /// An object's name has a segment that would leave the dataset.
    #[error(
        "object name `{0}` leaves the dataset; use a relative path without `.` and `..` segments"
    )]
    Leaves(String),
    /// An object's name has a control character.
    #[error("the object's name has the control character U+{0:04X}; leave it out")]
    Control(u32),
}

// Shared, since each of a dataset's data keys carries its dataset's name and its tenant's.
macro_rules! slug {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                if is_slug(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(NameError::NotSlug { what: $what, text: text.chars().take(80).collect() })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.as_str().into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

slug! {
    /// A tenant's id: chosen once, part of every path, context and record, never reused.
    TenantId, "tenant id"
}

slug! {
    /// A dataset's name, unique within its tenant.
    DatasetName, "dataset name"
}

/// An object's name: a relative path of segments parted by `/`, in any script.
///
/// Kept as given, byte for byte: no Unicode normalisation and no case folding, since two names that
/// differ are two objects. Nothing on disk or in a bucket is named after it.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectName(String);

impl ObjectName {
    /// The longest name, in bytes of UTF-8.
    pub const MAX_LENGTH: usize = 1024;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > Self::MAX_LENGTH {
            return Err(NameError::TooLong { length: text.len() });
        }
        if let Some(control) = text.chars().find(|character| character.is_control()) {
            return Err(NameError::Control(control.into()));
        }
        // A name is written back to disk by `get`: it must not climb out there, on Windows neither.
        let climbs = text.split(['/', '\\']).any(|segment| matches!(segment, "" | "." | ".."));
        let drive = text.as_bytes().get(1) == Some(&b':');
        if climbs || drive {
            return Err(NameError::Leaves(text.chars().take(80).collect()));
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for ObjectName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<ObjectName> for String {
    fn from(name: ObjectName) -> Self {
        name.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_slug(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes[0] != b'-'
        && bytes.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_narrow() {
        for good in ["a", "acme", "0", "acme-gmbh-2", &"x".repeat(63)] {
            assert!(good.parse::<TenantId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "Acme", "a_b", "a/b", "a b", "ä", &"x".repeat(64), "..", "a\0"] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn object_names_stay_inside_the_dataset() {
        for good in ["a", "a/b/c.txt", "Grüße/日本語.pdf", "..a/b..", "a b", "العربية", "🦀", "-x"]
        {
            assert!(good.parse::<ObjectName>().is_ok(), "{good}");
        }
        for bad in
            ["", "/a", "a/", "a//b", "../a", "a/..", "a/./b", "a\\..\\b", "C:a", "a\0b", "a\nb"]
        {
            assert!(bad.parse::<ObjectName>().is_err(), "{bad:?}");
        }
        assert_eq!(
            "x".repeat(5_000).parse::<ObjectName>(),
            Err(NameError::TooLong { length: 5_000 })
        );
    }
}
