//! Writing canonical JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::LedgerError;

use super::{MAX_DEPTH, MAX_INTEGER, utf16_order};

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

/// Writes a value at a depth.
pub(super) fn write_value(
    value: &Value,
    depth: usize,
    out: &mut String,
) -> Result<(), LedgerError> {
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
