//! Canonical JSON after RFC 8785: one spelling for each value, so that its hash means something.
//!
//! Writes and checks strings, integers within ±(2^53 - 1), booleans, null, arrays and objects. Other
//! numbers are refused: no record needs them, and their spelling is where implementations disagree.
//! Checking reads a text in place and builds nothing: it runs over every record of a log.

mod read;
mod write;

use std::cmp::Ordering;

use serde_json::Value;

use crate::LedgerError;

pub(crate) use read::{Members, integer_of, string_of};
pub(crate) use write::{write_object, write_string};

/// How deeply arrays and objects may be nested.
pub const MAX_DEPTH: usize = 64;

/// The greatest integer that every JSON implementation holds exactly: 2^53 - 1 (RFC 8785, 3.2.2.3).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Writes a value canonically.
///
/// # Errors
/// [`LedgerError::Float`], [`LedgerError::IntegerRange`] or [`LedgerError::TooDeep`].
pub fn to_string(value: &Value) -> Result<String, LedgerError> {
    let mut out = String::new();
    write::write_value(value, 0, &mut out)?;
    Ok(out)
}

/// Checks that a text is the canonical spelling of some value.
///
/// # Errors
/// [`LedgerError::NotCanonical`] with the first byte that is wrong.
pub fn check(text: &str) -> Result<(), LedgerError> {
    let mut reader = read::Reader::new(text);
    reader.value(0)?;
    Ok(reader.end()?)
}

/// RFC 8785, 3.2.3: names sort by UTF-16 code units, which is the order of bytes for ASCII, and for
/// all of Unicode but for U+E000 to U+FFFF beside what lies above them.
fn utf16_order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CanonicalFault;
    use proptest::prelude::*;
    use serde_json::json;

    fn fault(text: &str) -> CanonicalFault {
        match check(text) {
            Err(LedgerError::NotCanonical { fault, .. }) => fault,
            other => panic!("`{text}` gives {other:?}"),
        }
    }

    /// RFC 8785, 3.2.3: the example of sorting, whose order is that of UTF-16, not of UTF-8.
    #[test]
    fn sorts_as_the_rfc_shows() {
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control",
            "\u{f6}": "Latin Small Letter O With Diaeresis",
        });
        let text = to_string(&value).unwrap();
        let order: Vec<_> = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"]
            .iter()
            .map(|word| text.find(word).unwrap())
            .collect();
        assert!(order.is_sorted(), "{text}");
        check(&text).unwrap();
    }

    #[test]
    fn refuses_what_it_would_have_to_guess() {
        assert_eq!(
            to_string(&json!({"a": [1, {"b": 0.5}]})),
            Err(LedgerError::Float { path: "a[1].b".into() })
        );
        assert_eq!(
            to_string(&json!({"n": 1_u64 << 53})),
            Err(LedgerError::IntegerRange { path: "n".into(), value: (1_u64 << 53).to_string() })
        );
        assert!(to_string(&json!([MAX_INTEGER, -(MAX_INTEGER as i64)])).is_ok());
        let deep = (0..=MAX_DEPTH).fold(Value::Null, |inner, _| json!([inner]));
        assert_eq!(to_string(&deep), Err(LedgerError::TooDeep));
    }

    #[test]
    fn names_what_is_not_canonical() {
        use CanonicalFault::{
            Control, Deep, Ends, Escape, Number, Order, Range, Trailing, Unexpected,
        };
        for (text, expected) in [
            ("", Ends),
            ("{", Ends),
            ("\"a", Ends),
            ("\"\\u00", Escape),
            ("tru", Ends),
            ("1 ", Trailing),
            ("{}{}", Trailing),
            (" 1", Unexpected),
            ("{\"a\": 1}", Unexpected),
            ("[1,]", Unexpected),
            ("{a:1}", Unexpected),
            ("nulL", Unexpected),
            ("\"\\/\"", Escape),
            ("\"\\u0041\"", Escape),
            ("\"\\u000a\"", Escape),
            ("\"\\u001F\"", Escape),
            ("\"\\ud83d\\ude00\"", Escape),
            ("\"\n\"", Control),
            ("{\"b\":1,\"a\":2}", Order),
            ("{\"a\":1,\"a\":1}", Order),
            ("{\"\u{fb33}\":1,\"\u{1f600}\":2}", Order),
            ("01", Number),
            ("-0", Number),
            ("-", Number),
            ("1.0", Number),
            ("1e3", Number),
            ("9007199254740992", Range),
            ("99999999999999999999999", Range),
            (&"[".repeat(MAX_DEPTH + 1), Deep),
        ] {
            assert_eq!(fault(text), expected, "{text}");
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (-(MAX_INTEGER as i64)..=MAX_INTEGER as i64).prop_map(Value::from),
            any_text().prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
                prop::collection::vec((any_text(), inner), 0..8)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Text with many of the characters that sort or escape in a special way.
    fn any_text() -> impl Strategy<Value = String> {
        let special = prop::sample::select(vec![
            '"', '\\', '/', '\0', '\u{7}', '\u{8}', '\t', '\n', '\u{b}', '\u{c}', '\r', '\u{1f}',
            '\u{7f}', '\u{80}', 'a', 'ö', '\u{2028}', '\u{d7ff}', '\u{e000}', '\u{ffff}', '😀',
        ]);
        prop::collection::vec(prop_oneof![special, any::<char>()], 0..6).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn agrees_with_another_implementation(value in any_value()) {
            let ours = to_string(&value).unwrap();
            prop_assert_eq!(&ours, &serde_json_canonicalizer::to_string(&value).unwrap());
            prop_assert_eq!(check(&ours), Ok(()));
            prop_assert_eq!(serde_json::from_str::<Value>(&ours).unwrap(), value);
        }

        #[test]
        fn accepts_nothing_but_canonical_text(value in any_value(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = to_string(&value).unwrap().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(text) = String::from_utf8(bytes) {
                let canonical = serde_json::from_str::<Value>(&text)
                    .ok()
                    .and_then(|value| to_string(&value).ok())
                    .is_some_and(|again| again == text);
                prop_assert_eq!(check(&text).is_ok(), canonical, "{}", text);
            }
        }

        #[test]
        fn strings_read_back(text in any_text()) {
            let mut out = String::new();
            write_string(&text, &mut out);
            let back = string_of(&out);
            prop_assert_eq!(back.as_deref(), Some(text.as_str()));
        }
    }
}
