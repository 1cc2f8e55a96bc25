//! Texts and contexts in the bytes that digests and additional data are made over: every number 4 bytes
//! long and big endian, every text after its length, so that no two different lists read alike.

use keyward_core::EncryptionContext;

/// The number of pairs, and for each pair, in the order of the keys' bytes: the key's length, the key,
/// the value's length, the value.
pub fn write_context(out: &mut Vec<u8>, context: &EncryptionContext) {
    write_length(out, context.len());
    for (key, value) in context.iter() {
        write_text(out, key);
        write_text(out, value);
    }
}

/// The text's length, and the text.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    write_length(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn write_length(out: &mut Vec<u8>, length: usize) {
    // INVARIANT: a context's texts were read from messages and rows with far smaller limits. Were one
    // longer, its length would read as the largest number, and no shorter text has that one.
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_that_read_alike_when_joined_are_told_apart() {
        let mut seen = std::collections::BTreeSet::new();
        for pairs in
            [&[("a", "bc")][..], &[("ab", "c")], &[("a", "b"), ("c", "")], &[("abc", "")], &[]]
        {
            let context = EncryptionContext::from_pairs(
                pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())),
            );
            let mut bytes = Vec::new();
            write_context(&mut bytes, &context);
            assert!(seen.insert(bytes), "{pairs:?}");
        }
    }
}
