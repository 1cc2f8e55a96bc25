//! Tables for people.

use comfy_table::{ContentArrangement, Table, presets};

/// A table with a header; `none` where it has no rows.
pub fn table(header: &[&str], rows: Vec<Vec<String>>, none: &str) -> String {
    if rows.is_empty() {
        return format!("{none}\n");
    }
    let mut table = plain();
    table.set_header(header.iter().map(|name| name.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    finish(&mut table)
}

/// Names and values, one pair a line; pairs without a value are left out.
pub fn pairs(pairs: &[(&str, Option<String>)]) -> String {
    let mut table = plain();
    for (name, value) in pairs {
        if let Some(value) = value {
            table.add_row([(*name).to_owned(), printable(value)]);
        }
    }
    finish(&mut table)
}

fn plain() -> Table {
    let mut table = Table::new();
    // Lines are never broken: what is printed can be searched and cut by other programs.
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

fn finish(table: &mut Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Names come from outside: whatever would move the cursor or colour the terminal is shown as what it
/// is.
fn printable(text: &str) -> String {
    text.chars()
        .map(
            |character| {
                if character.is_control() { char::REPLACEMENT_CHARACTER } else { character }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_plain() {
        let rows = vec![
            vec!["acme".into(), "active".into(), "Acme \u{1b}[31mGmbH".into()],
            vec!["a-long-tenant".into(), "pending".into(), "日本".into()],
        ];
        insta::assert_snapshot!(table(&["tenant", "state", "name"], rows, "none"));
        assert_eq!(table(&["tenant"], Vec::new(), "no tenants"), "no tenants\n");
    }

    #[test]
    fn pairs_leave_out_what_is_not_there() {
        let text =
            pairs(&[("id", Some("acme".into())), ("reason", None), ("since", Some("now".into()))]);
        insta::assert_snapshot!(text);
    }
}
