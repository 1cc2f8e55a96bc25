//! One file per table: its row type and the statements that Keyward runs on it.
//!
//! Reading functions take any [`Connection`](crate::Connection); what belongs together is written
//! through one [`Write`](crate::Write). The SQL is what SQLite and PostgreSQL both understand.

pub mod approver_keys;
pub mod audit_checkpoints;
pub mod audit_counts;
pub mod audit_cursors;
pub mod audit_days;
pub mod audit_head;
pub mod audit_marks;
pub mod audit_pages;
pub mod audit_records;
pub mod audit_terms;
pub mod audit_text;
pub mod audit_tiles;
pub mod challenges;
pub mod data_keys;
pub mod datasets;
pub mod garbage;
pub mod intents;
pub mod key_transitions;
pub mod objects;
pub mod quarantine;
pub mod reading;
pub mod root_key_references;
pub mod root_keys;
pub mod tenant_totals;
pub mod tenants;
pub mod workspace;
pub mod wrapped_counts;

/// A text that is none of an enumeration's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}")]
pub struct WordError {
    what: &'static str,
    text: String,
}

/// An enumeration stored as words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word used in records, tables and JSON.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::tables::WordError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or_else(|| {
                    $crate::tables::WordError { what: $what, text: text.chars().take(40).collect() }
                })
            }
        }
    };
}
pub(crate) use words;
