//! Small pieces of parsing that several forms share.

/// Takes off what comes along when people copy a reference: white space, a byte order mark, and
/// pairs of quotes or angle brackets. Only pairs, since a lone quote may belong to a PKCS#11 label.
pub(super) fn trim_pasted(pasted: &str) -> &str {
    const PAIRS: [(char, char); 6] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('<', '>'), ('“', '”'), ('‘', '’')];
    let mut text = trim_space(pasted);
    while let Some(inner) = PAIRS.iter().find_map(|(open, close)| {
        text.strip_prefix(*open).and_then(|rest| rest.strip_suffix(*close))
    }) {
        text = trim_space(inner);
    }
    text
}

fn trim_space(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}')
}

/// Strips a prefix of ASCII letters in whatever case it is written.
pub(super) fn strip_prefix_any_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Whether a text is `length` hex digits.
pub(super) fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
