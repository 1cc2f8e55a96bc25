//! Canonical JSON after RFC 8785: one spelling for each value, so that its hash means something.
//!
//! Writes and checks strings, integers within ±(2^53 - 1), booleans, null, arrays and objects. Other
//! numbers are refused: no record needs them, and their spelling is where implementations disagree.
//! Checking reads a text in place and builds nothing: it runs over every record of a log.

use std::{borrow::Cow, cmp::Ordering, fmt::Write as _};

use serde_json::{Map, Value};

use crate::{CanonicalFault, LedgerError};

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
    write_value(value, 0, &mut out)?;
    Ok(out)
}

/// Checks that a text is the canonical spelling of some value.
///
/// # Errors
/// [`LedgerError::NotCanonical`] with the first byte that is wrong.
pub fn check(text: &str) -> Result<(), LedgerError> {
    let mut reader = Reader::new(text);
    reader.value(0)?;
    Ok(reader.end()?)
}

/// Writes an object canonically, at a depth below an object that the caller writes.
pub(crate) fn write_object(
    object: &Map<String, Value>,
    depth: usize,
    out: &mut String,
) -> Result<(), LedgerError> {
    if depth >= MAX_DEPTH {
        return Err(LedgerError::TooDeep);
    }
    // RFC 8785, 3.2.3. The map's own order is that of bytes, or of insertion: not the one wanted.
    let mut members: Vec<_> = object.iter().collect();
    members.sort_unstable_by(|(a, _), (b, _)| utf16_order(a, b));
    out.push('{');
    for (position, (name, value)) in members.into_iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write_string(name, out);
        out.push(':');
        write_value(value, depth + 1, out).map_err(|error| error.within(name))?;
    }
    out.push('}');
    Ok(())
}

/// Writes a string canonically (RFC 8785, 3.2.2.2).
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    // Every character that needs an escape is one byte, so the slices fall between characters.
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        match special.as_bytes().first().copied().unwrap_or_default() {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            0x08 => out.push_str("\\b"),
            0x09 => out.push_str("\\t"),
            0x0a => out.push_str("\\n"),
            0x0c => out.push_str("\\f"),
            0x0d => out.push_str("\\r"),
            control => {
                // INVARIANT: writing to a `String` can't fail.
                let _ = write!(out, "\\u{control:04x}");
            }
        }
        rest = special.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
    out.push('"');
}

/// The members of a canonical object, read in place: each name as written between its quotes, each
/// value as its canonical text.
pub(crate) struct Members<'a> {
    reader: Reader<'a>,
    previous: Option<&'a str>,
    done: bool,
}

impl<'a> Members<'a> {
    /// Starts at the text of an object.
    pub(crate) fn new(text: &'a str) -> Result<Self, LedgerError> {
        let mut reader = Reader::new(text);
        if reader.peek() != b'{' {
            return Err(reader.wrong(CanonicalFault::NotObject).into());
        }
        reader.at += 1;
        let done = reader.peek() == b'}';
        if done {
            reader.at += 1;
            reader.end()?;
        }
        Ok(Self { reader, previous: None, done })
    }

    /// The next member, or `None` once the whole text has been found canonical.
    pub(crate) fn next(&mut self) -> Result<Option<(&'a str, &'a str)>, LedgerError> {
        if self.done {
            return Ok(None);
        }
        let name = self.reader.member_name(self.previous)?;
        self.previous = Some(name);
        let start = self.reader.at;
        self.reader.value(1)?;
        let value = self.reader.text.get(start..self.reader.at).unwrap_or_default();
        if !self.reader.more(b'}')? {
            self.done = true;
            self.reader.end()?;
        }
        Ok(Some((name, value)))
    }
}

/// The string that a canonical string literal spells, or `None` where the text is another value.
pub(crate) fn string_of(literal: &str) -> Option<Cow<'_, str>> {
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    Some(unescape(inner))
}

/// The integer that a canonical number spells, or `None` where the text is another value.
pub(crate) fn integer_of(literal: &str) -> Option<u64> {
    literal.parse().ok()
}

fn write_value(value: &Value, depth: usize, out: &mut String) -> Result<(), LedgerError> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::String(text) => write_string(text, out),
        Value::Number(number) => {
            let magnitude = number
                .as_u64()
                .or_else(|| number.as_i64().map(i64::unsigned_abs))
                .ok_or_else(|| LedgerError::Float { path: String::new() })?;
            if magnitude > MAX_INTEGER {
                let value = number.to_string();
                return Err(LedgerError::IntegerRange { path: String::new(), value });
            }
            let _ = write!(out, "{number}");
        }
        Value::Array(items) => {
            if depth >= MAX_DEPTH {
                return Err(LedgerError::TooDeep);
            }
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write_value(item, depth + 1, out)
                    .map_err(|error| error.within(&format!("[{position}]")))?;
            }
            out.push(']');
        }
        Value::Object(object) => write_object(object, depth, out)?,
    }
    Ok(())
}

/// RFC 8785, 3.2.3: names sort by UTF-16 code units, which is the order of bytes for ASCII, and for
/// all of Unicode but for U+E000 to U+FFFF beside what lies above them.
fn utf16_order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

/// Whether a name, as written between its quotes, comes before another one.
fn rises(previous: &str, name: &str) -> bool {
    // Nearly all names differ first in plain ASCII, which decides alone: no need to look further.
    for (a, b) in previous.bytes().zip(name.bytes()) {
        let plain = a.is_ascii() && b.is_ascii() && a != b'\\' && b != b'\\';
        match a.cmp(&b) {
            Ordering::Equal if a != b'\\' => {}
            order if plain => return order == Ordering::Less,
            _ => return utf16_order(&unescape(previous), &unescape(name)) == Ordering::Less,
        }
    }
    previous.len() < name.len()
}

/// Undoes the escapes of a string that was found canonical.
fn unescape(inner: &str) -> Cow<'_, str> {
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut parts = inner.split('\\');
    out.push_str(parts.next().unwrap_or_default());
    while let Some(part) = parts.next() {
        let mut characters = part.chars();
        match characters.next() {
            // Between two backslashes lies nothing: it is an escaped one, and what follows is plain.
            None => {
                out.push('\\');
                out.push_str(parts.next().unwrap_or_default());
                continue;
            }
            Some('b') => out.push('\u{8}'),
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('f') => out.push('\u{c}'),
            Some('r') => out.push('\r'),
            Some('u') => {
                let digits = part.get(1..5).unwrap_or_default();
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                out.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
                out.push_str(part.get(5..).unwrap_or_default());
                continue;
            }
            Some(quote) => out.push(quote),
        }
        out.push_str(characters.as_str());
    }
    Cow::Owned(out)
}

/// What is wrong, and at which byte: small, since it is returned for every token.
struct Wrong {
    at: usize,
    fault: CanonicalFault,
}

impl From<Wrong> for LedgerError {
    fn from(Wrong { at, fault }: Wrong) -> Self {
        Self::NotCanonical { at, fault }
    }
}

/// Reads canonical JSON and accepts nothing else.
struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0 }
    }

    /// The next byte, or at the text's end a zero, which canonical JSON never holds.
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// A fault at the next byte; where there is none, that the text ends.
    fn wrong(&self, fault: CanonicalFault) -> Wrong {
        let ends = self.at >= self.bytes.len();
        Wrong { at: self.at, fault: if ends { CanonicalFault::Ends } else { fault } }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Wrong> {
        if self.peek() != byte {
            return Err(self.wrong(CanonicalFault::Unexpected));
        }
        self.at += 1;
        Ok(())
    }

    fn end(&self) -> Result<(), Wrong> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.wrong(CanonicalFault::Trailing)) }
    }

    fn value(&mut self, depth: usize) -> Result<(), Wrong> {
        match self.peek() {
            b'"' => self.string().map(drop),
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => Err(self.wrong(CanonicalFault::Unexpected)),
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), Wrong> {
        word.bytes().try_for_each(|byte| self.expect(byte))
    }

    fn object(&mut self, depth: usize) -> Result<(), Wrong> {
        self.open(depth)?;
        if self.peek() == b'}' {
            self.at += 1;
            return Ok(());
        }
        let mut previous = None;
        loop {
            previous = Some(self.member_name(previous)?);
            self.value(depth + 1)?;
            if !self.more(b'}')? {
                return Ok(());
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), Wrong> {
        self.open(depth)?;
        if self.peek() == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            if !self.more(b']')? {
                return Ok(());
            }
        }
    }

    fn open(&mut self, depth: usize) -> Result<(), Wrong> {
        if depth >= MAX_DEPTH {
            return Err(self.wrong(CanonicalFault::Deep));
        }
        self.at += 1;
        Ok(())
    }

    /// Whether another item follows, or the closing byte has come.
    fn more(&mut self, close: u8) -> Result<bool, Wrong> {
        let more = self.peek() == b',';
        self.expect(if more { b',' } else { close })?;
        Ok(more)
    }

    /// A name and its colon; the name as written between its quotes.
    fn member_name(&mut self, previous: Option<&str>) -> Result<&'a str, Wrong> {
        let start = self.at;
        let name = self.string()?;
        if let Some(previous) = previous
            && !rises(previous, name)
        {
            return Err(Wrong { at: start, fault: CanonicalFault::Order });
        }
        self.expect(b':')?;
        Ok(name)
    }

    /// A string; what is written between its quotes.
    fn string(&mut self) -> Result<&'a str, Wrong> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match self.peek() {
                b'"' => break,
                b'\\' => self.escape()?,
                0x00..0x20 => return Err(self.wrong(CanonicalFault::Control)),
                _ => self.at += 1,
            }
        }
        // INVARIANT: both ends lie beside quotes, so between characters.
        let inner = self.text.get(start..self.at).unwrap_or_default();
        self.at += 1;
        Ok(inner)
    }

    /// RFC 8785, 3.2.2.2: two-character escapes where there is one, `\u00xx` in lower case for the
    /// other control characters, and no escape for anything else.
    fn escape(&mut self) -> Result<(), Wrong> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += match rest {
            [_, b'"' | b'\\' | b'b' | b't' | b'n' | b'f' | b'r', ..] => 2,
            // U+0008, U+0009, U+000A, U+000C and U+000D have shorter escapes.
            [_, b'u', b'0', b'0', b'0', b'0'..=b'7' | b'b' | b'e' | b'f', ..]
            | [_, b'u', b'0', b'0', b'1', b'0'..=b'9' | b'a'..=b'f', ..] => 6,
            _ => return Err(self.wrong(CanonicalFault::Escape)),
        };
        Ok(())
    }

    fn number(&mut self) -> Result<(), Wrong> {
        let start = self.at;
        let negative = self.peek() == b'-';
        if negative {
            self.at += 1;
        }
        let first = self.at;
        let mut magnitude = 0_u64;
        while let digit @ b'0'..=b'9' = self.peek() {
            magnitude = magnitude.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        let digits = self.at - first;
        let leading_zero = digits > 1 && self.bytes.get(first) == Some(&b'0');
        let fraction = matches!(self.peek(), b'.' | b'e' | b'E');
        if digits == 0 || leading_zero || fraction || (negative && magnitude == 0) {
            return Err(Wrong { at: start, fault: CanonicalFault::Number });
        }
        if magnitude > MAX_INTEGER {
            return Err(Wrong { at: start, fault: CanonicalFault::Range });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
