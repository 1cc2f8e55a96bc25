//! Rows batched into statements: each statement is a hop to the database's thread or server, which
//! costs more than the row itself.

/// Statement sizes in rows, largest first. Few sizes, so that every statement stays prepared.
const SIZES: [usize; 5] = [256, 64, 16, 4, 1];

/// Statement sizes for placeholders without numbers, which cost nothing to look up.
const PLAIN_SIZES: [usize; 6] = [1000, 256, 64, 16, 4, 1];

/// Cuts rows into runs of the sizes above.
pub(crate) fn batches<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    cut(rows, &SIZES)
}

/// Cuts rows into runs for statements whose placeholders have no numbers.
pub(crate) fn plain_batches<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    cut(rows, &PLAIN_SIZES)
}

fn cut<'r, T>(mut rows: &'r [T], sizes: &'static [usize]) -> impl Iterator<Item = &'r [T]> {
    std::iter::from_fn(move || {
        let size = sizes.iter().copied().find(|size| *size <= rows.len())?;
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

/// `($1,$2),($3,$4)`: the same with numbers, after `first - 1`, for few rows alone; with `first` 1 just as
/// [`placeholders`].
pub(crate) fn values(first: usize, rows: usize, columns: usize) -> String {
    if first == 1 {
        return placeholders(rows, columns);
    }
    let numbered = |row| {
        let columns = (0..columns).map(|column| format!("${}", first + row * columns + column));
        format!("({})", columns.collect::<Vec<_>>().join(","))
    };
    (0..rows).map(numbered).collect::<Vec<_>>().join(",")
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
        let rows: Vec<_> = (0..137).collect();
        let sizes: Vec<_> = plain_batches(&rows).map(<[_]>::len).collect();
        assert_eq!(sizes, [64, 64, 4, 4, 1]);
    }

    #[test]
    fn placeholders_have_no_names() {
        assert_eq!(placeholders(2, 3), "(?,?,?),(?,?,?)");
        assert_eq!(placeholders(1, 1), "(?)");
        assert_eq!(values(3, 2, 2), "($3,$4),($5,$6)");
    }
}
