//! Keys of an HSM over PKCS#11, as PKCS#11 URIs (RFC 7512).
//!
//! A URI is kept as its decoded attributes, so that two spellings of one URI are equal, as RFC 7512,
//! section 2.6, compares them. It may say where a PIN is (`pin-source`), but never hold one.

use std::{collections::BTreeMap, fmt, str::FromStr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{Provider, ReferenceError, RootKeyReference, text::strip_prefix_any_case};

pub(super) const EXAMPLE: &str = "pkcs11:token=acme-hsm;object=root;type=secret-key";

/// The path attributes of RFC 7512, section 2.3, in the order in which they are printed.
const PATH_ATTRIBUTES: [&str; 13] = [
    "library-manufacturer",
    "library-description",
    "library-version",
    "slot-manufacturer",
    "slot-description",
    "slot-id",
    "manufacturer",
    "model",
    "serial",
    "token",
    "object",
    "type",
    "id",
];

/// What needs no encoding in a path value: `pk11-pchar` (RFC 7512, section 2.3). Section 2.3's
/// `unreserved` and `pk11-path-res-avail`.
const PATH_ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'[')
    .remove(b']')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b'=')
    .remove(b'&');

/// What needs no encoding in a query value: `pk11-qchar` (RFC 7512, section 2.3).
const QUERY_ENCODED: &AsciiSet = &PATH_ENCODED.remove(b'/').remove(b'?').remove(b'|').add(b'&');

/// A key in an HSM over PKCS#11.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pkcs11Key {
    /// Path attributes but `id`, decoded. INVARIANT: `object` or `id` is there.
    path: BTreeMap<PathAttribute, String>,
    id: Option<Vec<u8>>,
    /// Query attributes by name, decoded. INVARIANT: no `pin-value`.
    query: BTreeMap<String, String>,
}

/// An index into `PATH_ATTRIBUTES`.
type PathAttribute = usize;

impl Pkcs11Key {
    /// The token's label (`token`).
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.path_attribute("token")
    }

    /// The key's label (`object`, CKA_LABEL).
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        self.path_attribute("object")
    }

    /// The key's id (`id`, CKA_ID).
    #[must_use]
    pub fn id(&self) -> Option<&[u8]> {
        self.id.as_deref()
    }

    /// Any path attribute of RFC 7512 but `id`, by its name.
    #[must_use]
    pub fn path_attribute(&self, name: &str) -> Option<&str> {
        let attribute = PATH_ATTRIBUTES.iter().position(|known| *known == name)?;
        self.path.get(&attribute).map(String::as_str)
    }

    /// Any query attribute by its name: `module-path`, `module-name`, `pin-source`, or a vendor's.
    #[must_use]
    pub fn query_attribute(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    pub(super) fn parse(text: &str) -> Result<Self, ReferenceError> {
        // Long URIs are printed over several lines (RFC 3986, appendix C). White space within a line
        // stays and is refused: to drop it could name another key.
        let text: String = text.lines().map(str::trim).collect();
        let rest =
            strip_prefix_any_case(&text, "pkcs11:").ok_or_else(|| silent("scheme", "`pkcs11:`"))?;
        refuse_pin(rest)?;
        let (path_text, query_text) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let mut path = BTreeMap::new();
        let mut id = None;
        // The grammar allows an empty path (RFC 7512, section 2.3, `pk11-path`).
        for pair in path_text.split(';').filter(|_| !path_text.is_empty()) {
            let (name, value) = attribute(pair, is_path_character)?;
            if name == "id" {
                if id.replace(value).is_some() {
                    return Err(wrong("path", "without an attribute given twice", name));
                }
                continue;
            }
            // Section 2.5: an attribute that isn't known matches nothing, so the URI names no key.
            let Some(known) = PATH_ATTRIBUTES.iter().position(|known| *known == name) else {
                return Err(wrong("path attribute", "one of RFC 7512", name));
            };
            let value = path_value(name, value)?;
            if path.insert(known, value).is_some() {
                return Err(wrong("path", "without an attribute given twice", name));
            }
        }
        let key = Self { path, id, query: query_attributes(query_text)? };
        if key.object().is_none_or(str::is_empty) && key.id().is_none_or(<[u8]>::is_empty) {
            return Err(silent("path", "one that names a key by its `object` or `id`"));
        }
        // Encoding can lengthen what came raw, and what we print must parse back.
        let length = key.to_string().len();
        if length > RootKeyReference::MAX_LENGTH {
            return Err(ReferenceError::too_long(length));
        }
        Ok(key)
    }
}

pub(super) fn is_taken_for(text: &str) -> bool {
    strip_prefix_any_case(text, "pkcs11:").is_some()
}

/// Refuses a PIN anywhere, in whatever spelling and place, before any part could be repeated.
fn refuse_pin(text: &str) -> Result<(), ReferenceError> {
    let decoded = percent_decode_str(text).decode_utf8_lossy().to_ascii_lowercase();
    let pin = decoded
        .split([';', '?', '&'])
        .filter_map(|pair| pair.split_once('='))
        .any(|(name, _)| name != "pin-source" && name.split(['-', '_', ' ']).any(is_pin));
    if pin || decoded.contains("pin-value") {
        return Err(silent(
            "`pin-value`",
            "left out, since references are stored and shown in the clear (a `pin-source` may name where the PIN is)",
        ));
    }
    Ok(())
}

fn is_pin(word: &str) -> bool {
    word == "pin" || word == "pinvalue"
}

/// Splits `name=value` and decodes the value.
fn attribute(pair: &str, allowed: fn(u8) -> bool) -> Result<(&str, Vec<u8>), ReferenceError> {
    // What isn't an attribute isn't repeated: it may be a PIN that was written in some way of its own.
    let Some((name, value)) = pair.split_once('=') else {
        return Err(silent("attribute", "`name=value`"));
    };
    // RFC 7512, section 2.3: `pk11-v-attr-nm-char`.
    let name_valid = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !name_valid {
        return Err(silent("attribute's name", "letters, digits, hyphens and underscores"));
    }
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let hex = |digit: Option<u8>| digit.is_some_and(|digit| digit.is_ascii_hexdigit());
            if !(hex(bytes.next()) && hex(bytes.next())) {
                return Err(wrong("percent-encoding", "`%` and two hex digits, in", name));
            }
        } else if !allowed(byte) {
            return Err(wrong("attribute", "percent-encoded as RFC 7512 wants", name));
        }
    }
    Ok((name, percent_decode_str(value).collect()))
}

fn is_path_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:[]@!$'()*+,=&".contains(&byte)
}

fn is_query_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:[]@!$'()*+,=/?|".contains(&byte)
}

/// A path value as text, with what RFC 7512 and our use of it ask of some of them.
fn path_value(name: &str, value: Vec<u8>) -> Result<String, ReferenceError> {
    let text = String::from_utf8(value).map_err(|_| wrong("attribute", "UTF-8", name))?;
    match name {
        "type" if !matches!(text.as_str(), "secret-key" | "private") => {
            Err(wrong("type", "`secret-key`, or `private` to attest with", &text))
        }
        "slot-id" if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(wrong("slot-id", "a decimal number", &text))
        }
        "library-version" if !is_version(&text) => {
            Err(wrong("library-version", "like `3` or `3.1`", &text))
        }
        _ => Ok(text),
    }
}

/// RFC 7512, section 2.3: `1*DIGIT [ "." 1*DIGIT ]`.
fn is_version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((major, minor)) => digits(major) && digits(minor),
        None => digits(text),
    }
}

/// Query attributes are kept as they are: one that isn't known is another consumer's affair.
fn query_attributes(text: Option<&str>) -> Result<BTreeMap<String, String>, ReferenceError> {
    let mut query = BTreeMap::new();
    for pair in text.into_iter().flat_map(|text| text.split('&')).filter(|pair| !pair.is_empty()) {
        let (name, value) = attribute(pair, is_query_character)?;
        let value = String::from_utf8(value).map_err(|_| wrong("attribute", "UTF-8", name))?;
        if query.insert(name.to_owned(), value).is_some() {
            return Err(wrong("query", "without an attribute given twice", name));
        }
    }
    Ok(query)
}

fn wrong(part: &'static str, expected: &'static str, found: &str) -> ReferenceError {
    ReferenceError::wrong(Provider::Pkcs11, part, expected, found)
}

fn silent(part: &'static str, expected: &'static str) -> ReferenceError {
    ReferenceError::silent(Provider::Pkcs11, part, expected)
}

impl FromStr for Pkcs11Key {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::parse(text)
    }
}

impl fmt::Display for Pkcs11Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pkcs11:")?;
        let mut separator = "";
        for (attribute, value) in &self.path {
            let name = PATH_ATTRIBUTES.get(*attribute).copied().unwrap_or_default();
            write!(f, "{separator}{name}={}", utf8_percent_encode(value, PATH_ENCODED))?;
            separator = ";";
        }
        if let Some(id) = &self.id {
            // Section 2.3 recommends to percent-encode the whole of `id`, since it is binary.
            write!(f, "{separator}id=")?;
            id.iter().try_for_each(|byte| write!(f, "%{byte:02X}"))?;
        }
        let mut separator = "?";
        for (name, value) in &self.query {
            write!(f, "{separator}{name}={}", utf8_percent_encode(value, QUERY_ENCODED))?;
            separator = "&";
        }
        Ok(())
    }
}

impl From<Pkcs11Key> for RootKeyReference {
    fn from(key: Pkcs11Key) -> Self {
        Self::Pkcs11(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn good_ones_print_canonically() {
        for (good, canonical) in [
            ("pkcs11:object=root", "pkcs11:object=root"),
            ("PKCS11:token=t;object=root", "pkcs11:token=t;object=root"),
            ("pkcs11:object=root;token=t", "pkcs11:token=t;object=root"),
            (EXAMPLE, EXAMPLE),
            ("pkcs11:token=t;\n    object=root;\r\n\tid=%01", "pkcs11:token=t;object=root;id=%01"),
            ("pkcs11:id=%00aB", "pkcs11:id=%00%61%42"),
            ("pkcs11:object=R%6F%6ft%20key", "pkcs11:object=Root%20key"),
            ("pkcs11:object=%C3%A9", "pkcs11:object=%C3%A9"),
            ("pkcs11:object=Bob's:[key]@home", "pkcs11:object=Bob's:[key]@home"),
            ("pkcs11:object=a%3Bb%2Fc%3Fd", "pkcs11:object=a%3Bb%2Fc%3Fd"),
            (
                "pkcs11:library-version=3.1;slot-id=17;object=a",
                "pkcs11:library-version=3.1;slot-id=17;object=a",
            ),
            (
                "pkcs11:object=a?pin-source=file:/etc/pin&module-path=/usr/lib/x.so",
                "pkcs11:object=a?module-path=/usr/lib/x.so&pin-source=file:/etc/pin",
            ),
            ("pkcs11:object=a?x-vendor=1%262", "pkcs11:object=a?x-vendor=1%262"),
            ("pkcs11:object=a?", "pkcs11:object=a"),
            ("pkcs11:object=spinner=1?x-spindle=1", "pkcs11:object=spinner=1?x-spindle=1"),
        ] {
            let key: RootKeyReference = good.parse().expect(good);
            assert_eq!(key.to_string(), canonical);
            assert_eq!(key.to_string().parse(), Ok(key));
        }
    }

    #[test]
    fn attributes_are_decoded() {
        let key: Pkcs11Key =
            "pkcs11:token=My%20HSM;object=root;id=%FF%00?module-path=/m.so".parse().unwrap();
        assert_eq!((key.token(), key.object()), (Some("My HSM"), Some("root")));
        assert_eq!(key.id(), Some([0xff, 0].as_slice()));
        assert_eq!(key.query_attribute("module-path"), Some("/m.so"));
        assert_eq!(key.path_attribute("serial"), None);
    }

    #[test]
    fn the_wrong_part_is_named() {
        for (bad, part) in [
            ("pkcs11:", "path"),
            ("pkcs11:token=t", "path"),
            ("pkcs11:object=", "path"),
            ("pkcs11:object", "attribute"),
            ("pkcs11:object=a;", "attribute"),
            ("pkcs11:=a", "attribute's name"),
            ("pkcs11:obj%65ct=a", "attribute's name"),
            ("pkcs11:object=a;x-vendor=1", "path attribute"),
            ("pkcs11:Object=a", "path attribute"),
            ("pkcs11:object=a;object=b", "path"),
            ("pkcs11:id=a;id=b", "path"),
            ("pkcs11:object=%", "percent-encoding"),
            ("pkcs11:object=%4", "percent-encoding"),
            ("pkcs11:object=%zz", "percent-encoding"),
            ("pkcs11:object=a/b", "attribute"),
            ("pkcs11:object=a b", "attribute"),
            ("pkcs11:object=é", "attribute"),
            ("pkcs11:object=%FF", "attribute"),
            ("pkcs11:object=a;type=public", "type"),
            ("pkcs11:object=a;slot-id=x", "slot-id"),
            ("pkcs11:object=a;library-version=3.", "library-version"),
            ("pkcs11:object=a?module-path", "attribute"),
            ("pkcs11:object=a?module-path=a;b", "attribute"),
            ("pkcs11:object=a?x=1&x=2", "query"),
        ] {
            let error = bad.parse::<RootKeyReference>().expect_err(bad);
            assert_eq!((error.provider, error.part), (Some(Provider::Pkcs11), part), "{error}");
        }
    }

    #[test]
    fn a_pin_is_refused_and_never_repeated() {
        for bad in [
            "pkcs11:object=a?pin-value=8642",
            "pkcs11:object=a;pin-value=8642",
            "pkcs11:object=a?PIN-VALUE=8642",
            "pkcs11:object=a?pin%2Dvalue=8642",
            "pkcs11:object=a?pin_value=8642",
            "pkcs11:object=a?pin=8642",
            "pkcs11:object=a?module-name=x;pin-value=8642",
            "pkcs11:object=a?module-name=x%26pin-value=8642",
            "pkcs11:pin-value=8642",
            "pkcs11:object=a?pin-value=8642%",
            "pkcs11:?pin-value=8642",
            "pkcs11:object=a&pin-value=8642",
            "pkcs11:object=a?pinvalue=8642",
            "pkcs11:object=a?user-pin=8642",
        ] {
            let error = bad.parse::<RootKeyReference>().expect_err(bad);
            assert!(!error.to_string().contains("8642"), "{error}");
            assert!(!format!("{error:?}").contains("8642"), "{error:?}");
            assert_eq!(error.part, "`pin-value`", "{bad}");
        }
    }

    #[test]
    fn what_may_be_a_pin_is_not_repeated() {
        for bad in
            ["pkcs11:object=a?pin:8642", "pkcs11:object=a?8642", "pkcs11:object=a?pin:8642=x"]
        {
            let error = bad.parse::<Pkcs11Key>().expect_err(bad);
            assert!(!error.to_string().contains("8642"), "{error}");
        }
    }

    #[test]
    fn what_would_print_too_long_is_refused() {
        let error = format!("pkcs11:id={}", "a".repeat(800)).parse::<Pkcs11Key>().unwrap_err();
        assert_eq!(error.part, "length");
    }

    proptest! {
        #[test]
        fn whatever_the_labels_hold_parses_back(
            token in ".{0,20}", object in ".{1,20}", id in proptest::collection::vec(any::<u8>(), 0..20),
            module in "[ -~]{0,20}",
        ) {
            let path = BTreeMap::from([(9, token), (10, object)]);
            let query = BTreeMap::from([("module-path".to_owned(), module)]);
            let key = Pkcs11Key { path, id: Some(id), query };
            prop_assume!(!key.to_string().to_ascii_lowercase().contains("pin"));
            prop_assert_eq!(key.to_string().parse::<Pkcs11Key>(), Ok(key));
        }
    }
}
