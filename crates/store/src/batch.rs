//! Rows batched into statements: each statement is a hop to the database's thread or server, which
//! costs more than the row itself.

/// Statement sizes in rows, largest first. Few sizes, so that every statement stays prepared.
const SIZES: [usize; 5] = [256, 64, 16, 4, 1];

/// Cuts rows into runs of the sizes above.
pub(crate) fn batches<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = SIZES.iter().copied().find(|size| *size <= rows.len())?;
        let (batch, rest) = rows.split_at(size);
        rows = rest;
        Some(batch)
    })
}

/// `(?,?),(?,?)`: the placeholders of `rows` rows of `columns` each, to be bound before all others of the
/// statement, which are numbered on from there: `$5` follows two rows of two.
///
/// The one place that knows this form, which is SQLite's: it looks each `$N` up in the list of all of a
/// statement's parameters, so that binding costs their number squared, and has no list of `?`.
/// PostgreSQL takes `$N` alone, at no such cost.
pub(crate) fn placeholders(rows: usize, columns: usize) -> String {
    let mut row = "(?".to_owned();
    row.push_str(&",?".repeat(columns.saturating_sub(1)));
    row.push_str("),");
    let mut text = row.repeat(rows);
    text.pop();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_batch() {
        let rows: Vec<_> = (0..599).collect();
        let sizes: Vec<_> = batches(&rows).map(<[_]>::len).collect();
        assert_eq!(sizes, [256, 256, 64, 16, 4, 1, 1, 1]);
        assert_eq!(batches(&rows).flatten().copied().collect::<Vec<_>>(), rows);
        assert_eq!(batches::<u8>(&[]).count(), 0);
    }

    #[test]
    fn placeholders_have_no_names() {
        assert_eq!(placeholders(2, 3), "(?,?,?),(?,?,?)");
        assert_eq!(placeholders(1, 1), "(?)");
    }
}
