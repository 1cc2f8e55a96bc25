//! Reading canonical JSON in place, and refusing everything else.

use std::{borrow::Cow, cmp::Ordering};

use crate::{CanonicalFault, LedgerError};

use super::{MAX_DEPTH, MAX_INTEGER, utf16_order};

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

/// What is wrong, and at which byte: small, since it is returned for every token.
pub(super) struct Wrong {
    at: usize,
    fault: CanonicalFault,
}

impl From<Wrong> for LedgerError {
    fn from(Wrong { at, fault }: Wrong) -> Self {
        Self::NotCanonical { at, fault }
    }
}

/// Reads canonical JSON and accepts nothing else.
pub(super) struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
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

    pub(super) fn end(&self) -> Result<(), Wrong> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.wrong(CanonicalFault::Trailing)) }
    }

    pub(super) fn value(&mut self, depth: usize) -> Result<(), Wrong> {
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
            self.skip_plain();
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

    /// Goes on over bytes that stand for themselves in a string, eight at a time while there are as many:
    /// most of a record is such.
    fn skip_plain(&mut self) {
        while let Some((word, _)) =
            self.bytes.get(self.at..).and_then(<[u8]>::split_first_chunk::<8>)
        {
            let special = special_bytes(u64::from_le_bytes(*word));
            if special != 0 {
                self.at += special.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
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

/// The high bit of each byte that ends a string's plain part: a quote, a backslash or a control
/// character. The lowest one set is right; above it a borrow may have set others.
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    below(word, 0x20) | equal(b'"') | equal(b'\\')
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
