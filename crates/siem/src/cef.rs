//! A record as a line of the Common Event Format, version 0 (ArcSight, "Implementing CEF", revision 26).
//!
//! CEF's custom strings end at 4,000 characters and its other texts at 1,023. What is longer is cut and
//! ends in `…`; only an actor or details can be so long, and `externalId` and `leafHash` lead to the
//! whole record.

use std::fmt::Write as _;

use keyward_ledger::{Action, Outcome};

use crate::{LoggedRecord, PRODUCT, Source, VERSION, mapping};

/// The longest custom string, in characters.
const CUSTOM_LIMIT: usize = 4_000;

/// The longest of the other texts that have no small range of values, in characters.
const TEXT_LIMIT: usize = 1_023;

/// The line that stands for a record, without a line end.
#[must_use]
pub fn line(logged: &LoggedRecord<'_>, source: &Source) -> String {
    let record = &logged.record;
    let mut out = String::with_capacity(768);
    out.push_str("CEF:0");
    let severity = mapping::severity(record.action, record.outcome).cef().to_string();
    for field in
        [PRODUCT, PRODUCT, VERSION, record.action.as_str(), &name(record.action), &severity]
    {
        out.push('|');
        escape_header(field, &mut out);
    }
    out.push('|');
    let mut extension = Extension { out, first: true };
    extension.put("rt", &record.time.timestamp_millis().to_string());
    extension.put("externalId", &record.seq.to_string());
    extension.put("deviceExternalId", source.origin.as_str());
    if let Some(host) = &source.host {
        extension.put("dvchost", host);
    }
    extension.put("cat", mapping::class(record.action).name());
    extension.put("suser", cut(&record.actor, TEXT_LIMIT).as_ref());
    extension.put("spriv", &record.role.to_string());
    extension.put("act", record.action.as_str());
    extension.put("outcome", outcome(record.outcome));
    if let Some(code) = &record.code {
        extension.put("reason", code);
    }
    if let Some(version) = record.key_version {
        extension.put_custom("cn1", "keyVersion", &version.to_string());
    }
    if let Some(tenant) = &record.tenant {
        extension.put_custom("cs1", "tenant", tenant.as_str());
    }
    if let Some(key) = &record.key {
        extension.put_custom("cs2", "key", &key.to_string());
    }
    extension.put_custom("cs3", "region", record.region.as_str());
    extension.put_custom("cs4", "request", &record.request.to_string());
    extension.put_custom("cs5", "leafHash", &logged.leaf.to_string());
    extension.put_custom("cs6", "details", cut(record.details, CUSTOM_LIMIT).as_ref());
    extension.out
}

/// The pairs after the header.
struct Extension {
    out: String,
    first: bool,
}

impl Extension {
    fn put(&mut self, key: &str, value: &str) {
        if !std::mem::take(&mut self.first) {
            self.out.push(' ');
        }
        // INVARIANT: writing to a `String` can't fail.
        let _ = write!(self.out, "{key}=");
        escape_value(value, &mut self.out);
    }

    fn put_custom(&mut self, key: &str, label: &str, value: &str) {
        self.put(&format!("{key}Label"), label);
        self.put(key, value);
    }
}

/// `Data key rewrap`: what CEF calls a description, without anything that another field says.
fn name(action: Action) -> String {
    let text = action.as_str().replace(['.', '-'], " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// CEF's words for an outcome where it has one.
fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "success",
        Outcome::Denied => "denied",
        Outcome::Failed => "failure",
        Outcome::Intent => "intent",
    }
}

fn cut(text: &str, limit: usize) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => text.into(),
        Some(_) => text.chars().take(limit - 1).chain(['…']).collect::<String>().into(),
    }
}

/// In the header `\` and `|` are escaped, and there are no line ends ("Character Encoding").
fn escape_header(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '\\' | '|' => out.extend(['\\', character]),
            '\n' | '\r' => out.push(' '),
            _ => out.push(printable(character)),
        }
    }
}

/// In a value `\` and `=` are escaped, and line ends are written as `\n` and `\r`; a `|` is itself.
fn escape_value(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '\\' | '=' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            _ => out.push(printable(character)),
        }
    }
}

/// Control characters would be changed on the way (RFC 5424, 6.4): better here than by a receiver.
fn printable(character: char) -> char {
    if character.is_control() { '\u{fffd}' } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logged::tests::{body, source};

    fn line_of(body: &str) -> String {
        line(&LoggedRecord::parse(body).unwrap(), &source())
    }

    /// A line as a reader of CEF takes it apart: header fields, and the extension's pairs.
    fn read(line: &str) -> (Vec<String>, Vec<(String, String)>) {
        let mut fields = vec![String::new()];
        let mut characters = line.chars();
        while fields.len() < 8 {
            let field = fields.last_mut().unwrap();
            match characters.next().unwrap() {
                '\\' => field.push(characters.next().unwrap()),
                '|' => fields.push(String::new()),
                character => field.push(character),
            }
        }
        fields.pop();
        let mut pairs: Vec<(String, String)> = Vec::new();
        let (mut word, mut escaped) = (String::new(), false);
        for character in characters {
            match (escaped, character) {
                (false, '\\') => escaped = true,
                (false, '=') => {
                    // The key is the last word; what is before it ends the value before.
                    let (value, key) = word.rsplit_once(' ').unwrap_or(("", &word));
                    if let Some(last) = pairs.last_mut() {
                        last.1 = value.to_owned();
                    }
                    pairs.push((key.to_owned(), String::new()));
                    word.clear();
                }
                (true, 'n') => (word.push('\n'), escaped = false).1,
                (true, 'r') => (word.push('\r'), escaped = false).1,
                (_, character) => (word.push(character), escaped = false).1,
            }
        }
        pairs.last_mut().unwrap().1 = word;
        (fields, pairs)
    }

    fn value<'a>(pairs: &'a [(String, String)], key: &str) -> &'a str {
        &pairs.iter().find(|(name, _)| name == key).unwrap().1
    }

    #[test]
    fn has_exactly_this_form() {
        let body = body(Action::ObjectRead, Outcome::Denied);
        let leaf = LoggedRecord::parse(&body).unwrap().leaf.to_string().replace('=', "\\=");
        assert_eq!(
            line_of(&body),
            format!(
                "CEF:0|Keyward|Keyward|{VERSION}|object.read|Object read|5|rt=1795515781123 externalId=7 \
                 deviceExternalId=keyward.example/log cat=API Activity suser=alice spriv=application \
                 act=object.read outcome=denied cn1Label=keyVersion cn1=3 cs1Label=tenant cs1=acme \
                 cs2Label=key cs2=dk:acme/invoices/3 cs3Label=region cs3=eu-central-1 cs4Label=request \
                 cs4=abababababababababababababababab cs5Label=leafHash cs5={leaf} cs6Label=details \
                 cs6={{\"dataset\":\"invoices\",\"name\":\"2026/a\\=b|c.pdf\"}}"
            )
        );
    }

    #[test]
    fn what_a_person_chose_breaks_no_line_and_reads_back() {
        let hostile = "a=b|c\\d\\n\ne\rf act=object.delete \u{1}";
        let json = serde_json::to_string(hostile).unwrap();
        let body = body(Action::ObjectRead, Outcome::Ok)
            .replace("\"alice\"", &json)
            .replace("\"2026/a=b|c.pdf\"", &json);
        let text = line_of(&body);
        assert!(!text.contains(['\n', '\r']));
        let (header, pairs) = read(&text);
        assert_eq!(header.len(), 7);
        assert_eq!(value(&pairs, "suser"), hostile.replace('\u{1}', "\u{fffd}"));
        let details: serde_json::Value = serde_json::from_str(value(&pairs, "cs6")).unwrap();
        assert_eq!(details["name"], hostile);
        assert_eq!(value(&pairs, "act"), "object.read");
    }

    #[test]
    fn a_header_field_escapes_pipes_and_backslashes() {
        let mut out = String::new();
        escape_header("a|b\\c=d\ne", &mut out);
        assert_eq!(out, "a\\|b\\\\c=d e");
    }

    #[test]
    fn long_details_are_cut_and_say_so() {
        let long = body(Action::ObjectRead, Outcome::Ok).replace("c.pdf", &"ü".repeat(5_000));
        let text = line_of(&long);
        let (_, pairs) = read(&text);
        assert_eq!(value(&pairs, "cs6").chars().count(), CUSTOM_LIMIT);
        assert!(value(&pairs, "cs6").ends_with('…'));
    }
}
