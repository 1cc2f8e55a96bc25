//! The words of the engine's enumerations, as they serialise.

/// The word of a value that serialises as one.
pub fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        // INVARIANT: only fieldless enumerations come here.
        _ => String::new(),
    }
}
