//! The audit log's index: which words are in which record, and which marks of what filters ask for. This
//! is SQLite's FTS5; PostgreSQL would have a `tsvector` column.
//!
//! Words are made here, for records and for questions alike: runs of letters and digits in lower case.
//! The table's tokenizer takes texts of such words apart at their spaces and does nothing else.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, hash_map::RandomState},
    hash::BuildHasher as _,
};

use super::{audit_marks, audit_records::AuditRecord};
use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{built, sql, stored as number},
};

const TABLE: &str = "audit_text";

/// How many records are summed up together in a check.
const BLOCK: u64 = 1024;

/// How many records of a word are looked through to tell how rare it is.
const LOOK: u32 = 100;

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct WrongWords {
    /// The first record that isn't found by just its words.
    pub seq: u64,
}

/// A check of all words against the records: feed it every record whose row is here, then compare.
///
/// It sums up a keyed hash of each pair of word and record, so that it holds a number a thousand records
/// and nobody can make wrong words add up to the same.
#[derive(Debug, Default)]
pub struct TextCheck {
    hasher: RandomState,
    blocks: BTreeMap<u64, u64>,
}

/// Whether a search for `question` finds anything by words at all.
#[must_use]
pub fn asks_for_words(question: &str) -> bool {
    !asked(question).is_empty()
}

impl TextCheck {
    /// Starts a check.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record, its words as they are appended.
    pub fn add(&mut self, record: &AuditRecord) {
        let text = text_of(record);
        for word in stored(&text) {
            self.count(word, record.seq, u64::wrapping_add);
        }
    }

    /// Compares with what is stored, and gives the first range of records that differ, if there is one:
    /// [`first_wrong`] tells which of them.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn compare(
        mut self,
        connection: &mut Connection,
    ) -> Result<Option<std::ops::Range<u64>>, StoreError> {
        vocabulary(connection, |word, seq| self.count(word, seq, u64::wrapping_sub)).await?;
        let wrong = self.blocks.iter().find(|(_, sum)| **sum != 0);
        Ok(wrong.map(|(block, _)| block * BLOCK..(block + 1).saturating_mul(BLOCK)))
    }

    fn count(&mut self, word: &str, seq: u64, step: impl Fn(u64, u64) -> u64) {
        let sum = self.blocks.entry(seq / BLOCK).or_default();
        *sum = step(*sum, self.hasher.hash_one((word, seq)));
    }
}

/// Which of these records, all that are in a range of sequence numbers, isn't found by just its words.
/// Reads all words there are.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn first_wrong(
    connection: &mut Connection,
    range: std::ops::Range<u64>,
    records: &[AuditRecord],
) -> Result<Option<WrongWords>, StoreError> {
    let mut pairs = BTreeSet::new();
    vocabulary(connection, |word, seq| {
        if range.contains(&seq) {
            pairs.insert((seq, word.to_owned()));
        }
    })
    .await?;
    let expected: BTreeSet<(u64, String)> = records
        .iter()
        .flat_map(|record| {
            let text = text_of(record);
            stored(&text).into_iter().map(|word| (record.seq, word.to_owned())).collect::<Vec<_>>()
        })
        .collect();
    let wrong = pairs.symmetric_difference(&expected).map(|(seq, _)| *seq).min();
    Ok(wrong.map(|seq| WrongWords { seq }))
}

/// Takes all words away, to insert those of every record again.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn clear(connection: &mut Connection) -> Result<(), StoreError> {
    let delete = sql("INSERT INTO audit_text (audit_text) VALUES ('delete-all')");
    connection.run(TABLE, delete).await.map(drop)
}

/// Adds the words of records that have none here.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn insert(
    connection: &mut Connection,
    records: &[AuditRecord],
) -> Result<(), StoreError> {
    for batch in batches(records) {
        let values = placeholders(batch.len(), 2);
        let mut insert = built(format!("INSERT INTO audit_text (rowid, words) VALUES {values}"));
        for record in batch {
            insert = insert.bind(number(TABLE, "rowid", record.seq)?).bind(text_of(record));
        }
        connection.run(TABLE, insert).await?;
    }
    Ok(())
}

/// Takes the words of a range of records away.
pub(super) async fn delete(
    connection: &mut Connection,
    first: i64,
    end: i64,
) -> Result<(), StoreError> {
    let delete = sql("DELETE FROM audit_text WHERE rowid >= $1 AND rowid < $2");
    connection.run(TABLE, delete.bind(first).bind(end)).await.map(drop)
}

/// The words of a question as FTS5 has them, each once; the last word of a piece that ends in `*` may go
/// on.
pub(super) fn asked(question: &str) -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    for piece in question.split_whitespace() {
        let mut found = words(piece);
        let last = found.pop();
        // INVARIANT: words hold no quotes, so that no question says anything but words.
        asked.extend(found.into_iter().map(|word| format!("\"{word}\"")));
        let star = if piece.ends_with('*') { "*" } else { "" };
        asked.extend(last.map(|word| format!("\"{word}\"{star}")));
    }
    asked
}

/// The expression that finds the records with all of these words.
///
/// FTS5 looks for each of many words whenever one of them isn't where the others are, and in a common one
/// that takes long. So it is given the two rarest as one, and looks for the others where those are.
///
/// # Errors
/// [`StoreError`] of the database.
pub(super) async fn matching(
    connection: &mut Connection,
    asked: BTreeSet<String>,
) -> Result<String, StoreError> {
    // The records of words that may go on are put together before any is given: that is not done twice.
    let (open, mut whole): (Vec<_>, Vec<_>) =
        asked.into_iter().partition(|word| word.ends_with('*'));
    if whole.len() + open.len() > 2 && whole.len() > 1 {
        sort_by_rarity(connection, &mut whole).await?;
    }
    whole.extend(open);
    Ok(match whole.split_first_chunk() {
        // Nothing is left out by an empty phrase, but FTS5 would take one AND in another for one.
        Some(([first, second], rest)) if !rest.is_empty() => {
            format!("(({first} AND {second}) NOT \"\") AND {}", rest.join(" AND "))
        }
        _ => whole.join(" AND "),
    })
}

/// Sorts words by how far back the newest records reach that have them, the rarest first.
async fn sort_by_rarity(
    connection: &mut Connection,
    asked: &mut Vec<String>,
) -> Result<(), StoreError> {
    let reaches: Vec<String> = (0..asked.len())
        .map(|place| {
            format!(
                "SELECT {place} AS place, (SELECT rowid FROM audit_text WHERE audit_text MATCH ?
                 ORDER BY rowid DESC LIMIT 1 OFFSET {LOOK}) AS reach"
            )
        })
        .collect();
    // A word in fewer records has no such one.
    let select =
        format!("SELECT place FROM ({}) ORDER BY reach NULLS FIRST", reaches.join(" UNION ALL "));
    let select = asked.iter().fold(built(select), |select, word| select.bind(word.clone()));
    let places = connection.many(TABLE, select, |row| row.count("place")).await?;
    let sorted = places.into_iter().filter_map(|place| asked.get(place as usize).cloned());
    *asked = sorted.collect();
    Ok(())
}

/// The words of a question, in their order.
fn words(question: &str) -> Vec<String> {
    folded(question)
        .split(|letter: char| letter.is_ascii() && !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// All that a record is found by, as it is handed to FTS5. The columns' words are in it beside their marks,
/// for those who search for them.
#[must_use]
pub fn text_of(record: &AuditRecord) -> String {
    let columns = [
        Some(&record.actor),
        record.tenant.as_ref(),
        record.key.as_ref(),
        Some(&record.action),
        Some(&record.outcome),
        Some(&record.words),
    ];
    let mut text = audit_marks::of(record);
    for column in columns.into_iter().flatten() {
        text.push_str(&folded(column));
        text.push(' ');
    }
    text
}

/// The words of a text as FTS5 takes it apart, each once. [`text_of`] has made it lower case.
fn stored(text: &str) -> BTreeSet<&str> {
    text.split(|letter: char| letter.is_ascii() && !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The text in lower case, with what is no letter or digit as spaces where the tokenizer, which knows
/// ASCII alone, would take it for a letter.
fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            text.to_ascii_lowercase().into()
        } else {
            text.into()
        };
    }
    let spaced = |letter: char| if letter.is_alphanumeric() { letter } else { ' ' };
    text.chars().map(spaced).flat_map(char::to_lowercase).collect()
}

/// Each word that is stored, with each of its records.
async fn vocabulary(
    connection: &mut Connection,
    mut each: impl FnMut(&str, u64),
) -> Result<(), StoreError> {
    // A table of the connection's own, which any connection may make, also one that only reads.
    let vocabulary = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.audit_words
        USING fts5vocab (main, audit_text, instance)";
    connection.run(TABLE, sql(vocabulary)).await?;
    // A row a word: handing one over for each record would take several times as long.
    let text = "SELECT term, string_agg(doc, ' ') AS docs FROM temp.audit_words GROUP BY term";
    connection
        .each(TABLE, sql(text), |row| {
            let (word, records) = (row.text("term")?, row.text("docs")?);
            for record in records.split(' ') {
                let seq = record.parse().map_err(|_| row.corrupt("docs", &record))?;
                each(&word, seq);
            }
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_letters_and_digits_in_lower_case() {
        assert_eq!(words("dk:Acme/invoices/3"), ["dk", "acme", "invoices", "3"]);
        assert_eq!(words("object.read"), ["object", "read"]);
        assert_eq!(words("Straße „ÄÖ“–x"), ["straße", "äö", "x"]);
        assert!(words(" .–\"* ").is_empty());
    }

    #[test]
    fn questions_say_words_alone() {
        for (question, expected) in [
            ("Acme", &["\"acme\""][..]),
            ("acme denied Acme", &["\"acme\"", "\"denied\""]),
            ("object.re*", &["\"object\"", "\"re\"*"]),
            ("re* x", &["\"re\"*", "\"x\""]),
            ("a\" OR \"b NEAR(", &["\"a\"", "\"b\"", "\"near\"", "\"or\""]),
            ("\0words:x -y^", &["\"words\"", "\"x\"", "\"y\""]),
            ("* \"\" --", &[]),
            ("", &[]),
        ] {
            assert_eq!(asked(question).into_iter().collect::<Vec<_>>(), expected, "{question}");
        }
    }
}
