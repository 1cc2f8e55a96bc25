//! What full text search finds a record by.

use keyward_ledger::Record;
use serde_json::Value;

/// The texts of a record that its columns don't hold: code, region, request and those in its details.
///
/// Their order is of no matter: the store takes words from them.
pub(crate) fn words(record: &Record) -> String {
    let mut words = format!("{} {}", record.region, record.request);
    if let Some(code) = &record.code {
        push(&mut words, code);
    }
    for value in record.details.values() {
        push_texts(&mut words, value);
    }
    words
}

fn push(words: &mut String, text: &str) {
    words.push(' ');
    words.push_str(text);
}

fn push_texts(words: &mut String, value: &Value) {
    match value {
        Value::String(text) => push(words, text),
        Value::Array(values) => values.iter().for_each(|value| push_texts(words, value)),
        Value::Object(fields) => fields.values().for_each(|value| push_texts(words, value)),
        // Numbers are found by their fields, if at all; as words they would be in every second record.
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
