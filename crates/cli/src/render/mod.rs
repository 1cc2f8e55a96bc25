//! What commands share in printing: tables, sizes, times, progress.

pub mod progress;
pub mod size;
pub mod table;

use chrono::{DateTime, SecondsFormat, Utc};

/// A time to the second, in UTC.
pub fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Text for a POSIX shell, as one word.
pub fn shell_word(text: &str) -> String {
    let plain = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_word_back() {
        assert_eq!(shell_word("local:acme-root"), "local:acme-root");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("it's $HOME"), "'it'\\''s $HOME'");
    }
}
