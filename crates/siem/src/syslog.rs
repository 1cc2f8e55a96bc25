//! A record as a syslog message (RFC 5424), and its frame on a stream (RFC 6587, 3.4.1).

use std::fmt::Write as _;

use crate::{LoggedRecord, Source, VERSION, cef, logged::time_of, mapping, ocsf};

/// What a message's text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A line of [`cef`].
    #[default]
    Cef,
    /// An event of [`ocsf`] as JSON.
    Ocsf,
}

impl Format {
    /// Its word in records and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cef => "cef",
            Self::Ocsf => "ocsf",
        }
    }
}

/// Facility 13, "log audit" (RFC 5424, 6.2.1, table 1).
const FACILITY: u8 = 13;

/// The message that stands for a record.
#[must_use]
pub fn message(logged: &LoggedRecord<'_>, source: &Source, format: Format) -> String {
    let record = &logged.record;
    let priority = FACILITY * 8 + mapping::severity(record.action, record.outcome).syslog();
    let host = source.host.as_deref().filter(|host| is_host(host)).unwrap_or("-");
    let mut out = String::with_capacity(1024);
    // PRI VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP STRUCTURED-DATA (6.2, 6.3).
    // INVARIANT: writing to a `String` can't fail.
    let _ = write!(
        out,
        "<{priority}>1 {} {host} keyward - {} [origin software=\"keyward\" swVersion=\"{VERSION}\"] ",
        time_of(record),
        record.action
    );
    // MSG without a byte order mark, so what the RFC calls MSG-ANY (6.4): receivers look for `CEF:` or
    // `{` at its very start.
    match format {
        Format::Cef => out.push_str(&cef::line(logged, source)),
        Format::Ocsf => out.push_str(&ocsf::event(logged, source).to_string()),
    }
    out
}

/// Puts a message on a stream, after its length in octets. Unlike a line end after each, this
/// can't be confused by what a message holds.
pub fn frame(message: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(message.len().to_string().as_bytes());
    out.push(b' ');
    out.extend_from_slice(message.as_bytes());
}

/// 1 to 255 printable ASCII characters (RFC 5424, 6).
fn is_host(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logged::tests::{body, source};
    use keyward_ledger::{Action, Outcome};

    #[test]
    fn has_exactly_this_head() {
        let body = body(Action::ObjectRead, Outcome::Ok);
        let logged = LoggedRecord::parse(&body).unwrap();
        let head = |host: Option<&str>| {
            let source = Source { host: host.map(Into::into), ..source() };
            message(&logged, &source, Format::Cef).split_once("CEF:0|").unwrap().0.to_owned()
        };
        let expected = |host| {
            format!(
                "<110>1 2026-11-24T10:23:01.123456Z {host} keyward - object.read \
                 [origin software=\"keyward\" swVersion=\"{VERSION}\"] "
            )
        };
        assert_eq!(head(Some("db1.example")), expected("db1.example"));
        for host in [None, Some(""), Some("a b"), Some("ü")] {
            assert_eq!(head(host), expected("-"));
        }
        let json = message(&logged, &source(), Format::Ocsf);
        assert!(json.contains("] {\"") && json.ends_with('}'));
    }

    #[test]
    fn every_action_fits_a_message_id() {
        // MSGID: 1 to 32 printable ASCII characters (RFC 5424, 6).
        for action in Action::ALL {
            let text = action.as_str();
            assert!((1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()));
        }
    }

    #[test]
    fn a_frame_counts_octets() {
        let mut out = Vec::new();
        frame("a\nü", &mut out);
        frame("b", &mut out);
        assert_eq!(out, "4 a\nü1 b".as_bytes());
    }
}
