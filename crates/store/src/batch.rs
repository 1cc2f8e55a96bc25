//! Rows batched into statements: each statement is a hop to the database's thread or server, which
//! costs more than the row itself.

/// Statement sizes in rows, largest first. Few sizes, so that every statement stays prepared. None
/// larger: SQLite looks each `$N` up in the list of all of a statement's parameters, so that binding
/// costs their number squared (an update of six columns: 50 rows a statement are twice as fast as 200).
const SIZES: [usize; 3] = [32, 8, 1];

/// Statement sizes for rows of two columns: as many parameters as six columns have in 32 rows.
const PAIR_SIZES: [usize; 4] = [96, 32, 8, 1];

/// Cuts rows into runs of the sizes above.
pub(crate) fn batches<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    cut(rows, &SIZES)
}

/// Cuts rows of two columns into runs of the sizes above.
pub(crate) fn pair_batches<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    cut(rows, &PAIR_SIZES)
}

fn cut<'r, T>(mut rows: &'r [T], sizes: &'static [usize]) -> impl Iterator<Item = &'r [T]> {
    std::iter::from_fn(move || {
        let size = sizes.iter().copied().find(|size| *size <= rows.len())?;
        let (batch, rest) = rows.split_at(size);
        rows = rest;
        Some(batch)
    })
}

/// `($1,$2),($3,$4)`: the placeholders of `rows` rows of `columns` each, numbered after `first - 1`.
pub(crate) fn values(first: usize, rows: usize, columns: usize) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(rows * columns * 6);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..columns {
            let comma = if column == 0 { "" } else { "," };
            write!(text, "{comma}${}", first + row * columns + column)
                .expect("writing to a string never fails");
        }
        text.push(')');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_batch() {
        let rows: Vec<_> = (0..83).collect();
        let sizes: Vec<_> = batches(&rows).map(<[_]>::len).collect();
        assert_eq!(sizes, [32, 32, 8, 8, 1, 1, 1]);
        assert_eq!(batches(&rows).flatten().copied().collect::<Vec<_>>(), rows);
        assert_eq!(batches::<u8>(&[]).count(), 0);
        let rows: Vec<_> = (0..137).collect();
        let sizes: Vec<_> = pair_batches(&rows).map(<[_]>::len).collect();
        assert_eq!(sizes, [96, 32, 8, 1]);
    }

    #[test]
    fn placeholders_count_on() {
        assert_eq!(values(3, 2, 2), "($3,$4),($5,$6)");
    }
}
