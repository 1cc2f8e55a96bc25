//! `objects.csv`: a dataset's objects, one a line (RFC 4180).

use keyward_store::tables::objects::Object;

/// The first line.
pub(super) const HEADER: &str = "name,id,path,data_key_version,entry,size,stored_size\r\n";

/// An object's line.
pub(super) fn line(object: &Object) -> String {
    let entry = object.detached_entry().map(|path| path.to_string()).unwrap_or_default();
    format!(
        "{},{},{},{},{entry},{},{}\r\n",
        field(object.name.as_str()),
        object.id,
        object.path(),
        object.data_key_version,
        object.size,
        object.stored_size,
    )
}

/// A field, quoted where it must be (RFC 4180, 2.6 and 2.7). Spaces at an end count (2.4), but some
/// readers drop them: quoted, they are safer.
fn field(text: &str) -> String {
    let plain = !text.contains(['"', ',', '\r', '\n'])
        && !text.starts_with(char::is_whitespace)
        && !text.ends_with(char::is_whitespace);
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use keyward_core::ObjectId;

    use super::*;

    #[test]
    fn names_of_every_kind_stand_in_one_line() {
        for (name, quoted) in [
            ("plain.txt", "plain.txt"),
            ("Grüße, 世界.pdf", "\"Grüße, 世界.pdf\""),
            ("a \"b\" c", "\"a \"\"b\"\" c\""),
            (" spaced ", "\" spaced \""),
        ] {
            let object = Object {
                tenant: "acme".parse().unwrap(),
                dataset: "invoices".parse().unwrap(),
                name: name.parse().unwrap(),
                id: ObjectId::from_bytes([0xab; 16]),
                size: 3,
                stored_size: 400,
                data_key_version: 2,
                detached: name == "plain.txt",
                created_at: DateTime::UNIX_EPOCH,
            };
            let path = format!("acme/invoices/objects/ab/{}", "ab".repeat(16));
            let entry = if object.detached { format!("{path}.2.entry") } else { String::new() };
            let expected = format!("{quoted},{},{path},2,{entry},3,400\r\n", "ab".repeat(16));
            assert_eq!(line(&object), expected);
        }
    }
}
