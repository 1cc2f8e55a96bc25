//! `log-page*`: pages of a hundred records by filters and by words, each from somewhere in the log, beside
//! the bare query by the index that serves it.

use keyward_store::{
    Reader,
    tables::{
        audit_marks,
        audit_pages::{self, Filter, Page},
        audit_records::Body,
    },
};
use rusqlite::{Connection, params_from_iter, types::Value};

use super::{Log, bare, records};
use crate::{
    bench::{Bench, Row},
    error::BenchError,
    samples::Samples,
};

/// Records a page.
const PAGE: u32 = 100;

/// What every hundredth page may take at most, in milliseconds.
const SLOWEST: f64 = 5.0;

/// A question, and the bare query that answers it.
struct Question {
    filter: Filter,
    before: u64,
    bare: &'static str,
    values: Vec<Value>,
}

/// Makes the question with this number about a log of so many records.
type Ask = fn(u64, u64) -> Question;

/// Within so many records.
const BY_WORDS_IN_RANGE: &str = "SELECT r.seq, r.body FROM audit_text AS t
    CROSS JOIN audit_records AS r ON r.seq = t.rowid
    WHERE t.audit_text MATCH ? AND t.rowid < ? AND t.rowid >= ? ORDER BY t.rowid DESC LIMIT 100";
const BY_WORDS: &str = "SELECT r.seq, r.body FROM audit_text AS t
    CROSS JOIN audit_records AS r ON r.seq = t.rowid
    WHERE t.audit_text MATCH ? AND t.rowid < ? ORDER BY t.rowid DESC LIMIT 100";

/// Measures each kind of page.
pub fn rows(bench: &mut Bench, log: &Log) -> Result<(), BenchError> {
    let kinds: [(&str, Ask); 5] = [
        ("log-page-tenant", by_tenant),
        ("log-page-tenant-outcome", by_tenant_and_outcome),
        ("log-page-time", by_time),
        ("log-page-word", by_word),
        ("log-page-words", by_words),
    ];
    for (name, question) in kinds {
        if !bench.wants_group(name) {
            continue;
        }
        let connection = bare::open(log.store.path())?;
        let mut times = [Samples::default(), Samples::default()];
        let [ours, beside] = &mut times;
        let mut reader = bench.runtime.block_on(log.store.read())?;
        for number in 0..bench.size(2000, 200) {
            let question = question(number, log.records);
            // Who comes first finds the pages cold: they take turns in that.
            let mut expected = None;
            if number % 2 == 1 {
                expected = Some(beside.time(|| ask_bare(&connection, &question))?);
            }
            let page = ask(&mut reader, &question);
            let found = bench.runtime.block_on(ours.wait(page))?;
            let expected = match expected {
                Some(expected) => expected,
                None => beside.time(|| ask_bare(&connection, &question))?,
            };
            if found.len() != expected {
                return Err(BenchError::Unmeasured(format!("{} of {expected}", found.len())));
            }
        }
        let costs = [ours.median() * 1e3, beside.median() * 1e3];
        let bare = "the bare query by index";
        bench.row(Row::cost(name, "ms", bare, costs).at_least(0.5));
        let slowest = ours.percentile(0.99) * 1e3;
        let row = Row::cost(&format!("{name}-p99"), "ms", "what is allowed", [slowest, SLOWEST]);
        bench.row(row.at_least(1.0));
    }
    Ok(())
}

/// Asks for a tenant's newest page.
pub fn newest(
    bench: &Bench,
    log: &Log,
    number: u64,
    times: &mut Samples,
) -> Result<(), BenchError> {
    let question = Question { before: log.records, ..by_tenant(number, log.records) };
    let asking = async {
        let mut reader = log.store.read().await?;
        std::hint::black_box(ask(&mut reader, &question).await?);
        Ok::<_, BenchError>(())
    };
    bench.runtime.block_on(times.wait(asking))
}

async fn ask(reader: &mut Reader, question: &Question) -> Result<Vec<Body>, BenchError> {
    let page = Page::Before(question.before);
    Ok(audit_pages::page(reader, &question.filter, page, PAGE).await?)
}

fn ask_bare(connection: &Connection, question: &Question) -> Result<usize, BenchError> {
    let mut select = connection.prepare_cached(question.bare)?;
    let mut rows = select.query(params_from_iter(&question.values))?;
    let mut found = 0;
    while let Some(row) = rows.next()? {
        std::hint::black_box((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
        found += 1;
    }
    Ok(found)
}

fn by_tenant(number: u64, records: u64) -> Question {
    let (tenant, before) = place(number, records);
    let filter = Filter { tenant: Some(records::tenant_id(tenant)), ..Filter::default() };
    marked(filter, before)
}

fn by_tenant_and_outcome(number: u64, records: u64) -> Question {
    let Question { filter, before, .. } = by_tenant(number, records);
    marked(Filter { outcome: Some("denied".into()), ..filter }, before)
}

/// A tenant's records of an hour. The bare query is told between which records that is.
fn by_time(number: u64, records: u64) -> Question {
    let mut question = by_tenant(number, records);
    let (first, end) = (question.before.saturating_sub(records::AN_HOUR), question.before);
    question.filter.since = Some(records::time(first));
    question.filter.until = Some(records::time(end));
    question.before = records;
    question.bare = BY_WORDS_IN_RANGE;
    question.values.push((first as i64).into());
    question
}

/// A word that few records have.
fn by_word(number: u64, records: u64) -> Question {
    let (_, before) = place(number, records);
    let word = format!("{:06}", records::mixed(number) % records.min(999_983));
    words(word.clone(), format!("\"{word}\""), before)
}

/// Words that many have.
fn by_words(number: u64, records: u64) -> Question {
    let (tenant, before) = place(number, records);
    let text = format!("denied {}", records::tenant(tenant));
    words(text, format!("\"denied\" \"tenant\" \"{tenant:03}\""), before)
}

/// A filter's question: the bare query asks for the same marks.
fn marked(filter: Filter, before: u64) -> Question {
    let marks: Vec<_> =
        audit_marks::asked(&filter).iter().map(|mark| format!("\"{mark}\"")).collect();
    let values = vec![marks.join(" AND ").into(), (before as i64).into()];
    Question { filter, before, bare: BY_WORDS, values }
}

fn words(search: String, matching: String, before: u64) -> Question {
    let filter = Filter { search: Some(search), ..Filter::default() };
    Question {
        filter,
        before,
        bare: BY_WORDS,
        values: vec![matching.into(), (before as i64).into()],
    }
}

fn place(number: u64, records: u64) -> (u64, u64) {
    let random = records::mixed(number ^ 0x5555);
    (random % records::TENANTS, (random >> 16) % records + 1)
}
