//! The audit log's tables: what is appended is found again, and nothing of it changes.

mod common;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use common::{
    behind, empty,
    log::{append, at, fill, hash, head_after, record},
    meddle,
};
use keyward_core::Code;
use keyward_store::{
    Connection, Store, StoreError, Write,
    tables::{
        audit_checkpoints::{self, AuditCheckpoint},
        audit_counts::{self, Apart, Count, CountFilter, Step},
        audit_cursors::{self, AuditCursor},
        audit_days::{self, Archived, Seal},
        audit_head,
        audit_pages::{self, Filter, Page},
        audit_records::{self, AuditRecord, Body},
        audit_terms,
        audit_text::{self, TextCheck},
        audit_tiles,
    },
};
use proptest::prelude::*;
use sqlx::{Connection as _, Row as _};

#[tokio::test]
async fn the_log_is_appended_to_in_sequence() {
    let place = empty().await;
    let mut write = place.store.write().await.unwrap();
    let begun = audit_head::get(&mut write).await.unwrap();
    assert_eq!((begun.size, begun.frontier.len(), begun.checkpoint.as_str()), (0, 0, ""));
    let rows: Vec<_> = (0..334).map(|seq| record(seq, 1)).collect();
    append(&mut write, &rows[..333]).await.unwrap();
    append(&mut write, &rows[333..]).await.unwrap();
    let head = audit_head::get(&mut write).await.unwrap();
    assert_eq!(head, head_after(&rows));
    audit_records::append(&mut write, &head, &[], &[], &head).await.unwrap();
    assert_eq!(audit_records::count(&mut write).await.unwrap(), 334);
    write.commit().await.unwrap();

    let next = |seqs: &[u64]| seqs.iter().map(|seq| record(*seq, 1)).collect::<Vec<_>>();
    let (again, gap, late) = (next(&[333]), next(&[335]), next(&[334]));
    let mut stale = head.clone();
    stale.size = 333;
    for (what, from, rows, to) in [
        ("again", &stale, &again, head_after(&again)),
        ("a gap", &head, &gap, head_after(&gap)),
        ("the head goes too far", &head, &late, head_after(&gap)),
        ("a gap within", &head, &next(&[334, 336]), head_after(&next(&[336]))),
        ("out of order", &head, &next(&[335, 334]), head_after(&late)),
        ("back in time", &head, &vec![AuditRecord { time: at(0), ..record(334, 1) }], {
            head_after(&late)
        }),
        ("a head that isn't there yet", &head_after(&late), &gap, head_after(&gap)),
    ] {
        let mut write = place.store.write().await.unwrap();
        let error = audit_records::append(&mut write, from, rows, &[], &to).await.unwrap_err();
        assert_eq!(error.code(), Code::ChangedMeanwhile, "{what}: {error}");
    }
}

#[tokio::test]
async fn records_are_read_in_sequence_as_they_are_stored() {
    let place = empty().await;
    let rows = fill(&place.store, 700, 300, 97).await;
    let mut reader = place.store.snapshot().await.unwrap();
    let terms = audit_terms::all(&mut reader).await.unwrap();
    let term = |id: i64| (id != 0).then(|| terms[&id].clone());
    let mut read = Vec::new();
    loop {
        let next = read.len() as u64;
        let chunk = audit_records::read_chunk(&mut reader, next, 256).await.unwrap();
        assert_eq!(chunk.rows().len(), chunk.len());
        if chunk.is_empty() {
            break;
        }
        let hashes = audit_tiles::leaf_hashes(&mut reader, next, chunk.len()).await.unwrap();
        let expected: Vec<u8> = (next..next + chunk.len() as u64).flat_map(hash).collect();
        assert_eq!(hashes, expected);
        read.extend(chunk.rows().map(|row| AuditRecord {
            seq: row.seq,
            time: DateTime::from_timestamp_micros(row.columns.time).unwrap(),
            actor: term(row.columns.actor).unwrap(),
            tenant: term(row.columns.tenant),
            key: term(row.columns.key),
            action: term(row.columns.action).unwrap(),
            outcome: term(row.columns.outcome).unwrap(),
            body: String::from_utf8(row.body.to_vec()).unwrap(),
            words: rows[row.seq as usize].words.clone(),
        }));
    }
    assert_eq!(read, rows);
    let one = audit_records::get(&mut reader, 7).await.unwrap();
    assert_eq!(one, Some(Body { seq: 7, body: rows[7].body.clone() }));
    assert_eq!(audit_records::get(&mut reader, 700).await.unwrap(), None);
    // A hash that isn't there is no record's.
    let beyond = audit_tiles::leaf_hashes(&mut reader, 698, 4).await.unwrap();
    assert_eq!(beyond, [hash(698), hash(699), [0; 32], [0; 32]].concat());
    let tiles = audit_tiles::get_many(&mut reader, &[(0, 2), (0, 0), (1, 0)]).await.unwrap();
    let sizes: Vec<_> = tiles.iter().map(|tile| (tile.tile, tile.hashes.len() / 32)).collect();
    assert_eq!(sizes, [(0, 256), (2, 700 - 512)]);
    assert_eq!(audit_tiles::list(&mut reader, 0, 1, 9).await.unwrap().len(), 2);
}

/// What a filter lets pass, by its definition.
fn passes(filter: &Filter, row: &AuditRecord) -> bool {
    let is = |wanted: &Option<String>, value: Option<&str>| {
        wanted.as_deref().is_none_or(|wanted| value == Some(wanted))
    };
    let text = format!(
        "{} {} {} {} {} {}",
        row.actor,
        row.tenant.as_deref().unwrap_or_default(),
        row.key.as_deref().unwrap_or_default(),
        row.action,
        row.outcome,
        row.words
    )
    .to_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let asked = filter.search.as_deref().is_none_or(|search| {
        let search = search.to_lowercase();
        search.split_whitespace().all(|word| match word.strip_suffix('*') {
            Some(start) => words.iter().any(|word| word.starts_with(start)),
            None => words.contains(&word),
        })
    });
    asked
        && is(&filter.tenant.as_ref().map(ToString::to_string), row.tenant.as_deref())
        && is(&filter.key, row.key.as_deref())
        && is(&filter.action, Some(&row.action))
        && is(&filter.outcome, Some(&row.outcome))
        && is(&filter.actor, Some(&row.actor))
        && filter.since.is_none_or(|since| row.time >= since)
        && filter.until.is_none_or(|until| row.time < until)
}

/// All that passes a filter, page by page.
async fn walk(
    connection: &mut Connection,
    filter: &Filter,
    mut page: Page,
    limit: u32,
) -> Vec<Body> {
    let mut found: Vec<Body> = Vec::new();
    loop {
        let rows = audit_pages::page(connection, filter, page, limit).await.unwrap();
        let Some(last) = rows.last() else { return found };
        page = match page {
            Page::Newest | Page::Before(_) => Page::Before(last.seq),
            Page::Oldest | Page::After(_) => Page::After(last.seq),
        };
        found.extend(rows);
    }
}

async fn check_filter(store: &Store, rows: &[AuditRecord], filter: &Filter, limit: u32) {
    let mut reader = store.read().await.unwrap();
    let mut expected: Vec<Body> = rows
        .iter()
        .filter(|row| passes(filter, row))
        .map(|row| Body { seq: row.seq, body: row.body.clone() })
        .collect();
    assert_eq!(walk(&mut reader, filter, Page::Oldest, limit).await, expected, "{filter:?}");
    expected.reverse();
    assert_eq!(walk(&mut reader, filter, Page::Newest, limit).await, expected, "{filter:?}");
}

fn filters() -> impl Strategy<Value = Filter> {
    let maybe = |texts: &'static [&'static str]| {
        proptest::option::of(proptest::sample::select(texts).prop_map(str::to_owned))
    };
    let tenants = maybe(&["acme-0", "acme-1", "acme-7"]);
    let time = || proptest::option::of((-10_000_i64..400_000).prop_map(at));
    (
        tenants.prop_map(|tenant| tenant.map(|tenant| tenant.parse().unwrap())),
        maybe(&["dk:acme-1/invoices/1", "dk:none"]),
        maybe(&["object.read", "object.write"]),
        maybe(&["denied", "ok"]),
        maybe(&["ana", "ben"]),
        time(),
        time(),
        maybe(&[
            "region",
            "EU 3",
            "pdf größe 7",
            "pdf ana denied region",
            "region reg* write 2",
            "reg* acm*",
            "denied",
            "none",
            "none pdf region",
            "re* 1*",
            "GRÖ*",
        ]),
    )
        .prop_map(|(tenant, key, action, outcome, actor, since, until, search)| Filter {
            tenant,
            key,
            action,
            outcome,
            actor,
            since,
            until,
            search,
        })
}

/// Hours without a record, many at the same moment, and ever more of them: guessing by time is wrong there.
#[tokio::test]
async fn times_are_found_however_unevenly_records_come() {
    let place = empty().await;
    let times =
        |seq: u64| at([0, (seq / 50 * 7200) as i64, (seq * seq) as i64][seq as usize / 150]);
    let rows: Vec<_> =
        (0..450).map(|seq| AuditRecord { time: times(seq), ..record(seq, 0) }).collect();
    for rows in rows.chunks(90) {
        let mut write = place.store.write().await.unwrap();
        append(&mut write, rows).await.unwrap();
        write.commit().await.unwrap();
    }
    let moments: Vec<_> = rows.iter().step_by(23).chain(rows.last()).map(|row| row.time).collect();
    for moment in moments {
        for ends in [[0, 1], [-1, 0], [0, 3600], [1, 90_000], [5, 5]] {
            let [since, until] = ends.map(|later| moment + TimeDelta::seconds(later));
            let filter = Filter { since: Some(since), until: Some(until), ..Filter::default() };
            check_filter(&place.store, &rows, &filter, 60).await;
        }
        let filter = Filter { until: Some(moment), ..Filter::default() };
        check_filter(&place.store, &rows, &filter, 200).await;
    }
}

#[test]
fn every_combination_of_filters_finds_what_it_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // A record each five minutes, so that there are several days; and one each second, so that more
    // than a thousand have one term.
    for (count, step) in [(1300, 300), (2600, 1)] {
        let (place, rows) = runtime.block_on(async {
            let place = empty().await;
            let rows = fill(&place.store, count, step, 321).await;
            (place, rows)
        });
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(60));
        let run = runner.run(&(filters(), 1_u32..500), |(filter, limit)| {
            runtime.block_on(check_filter(&place.store, &rows, &filter, limit.max(40)));
            Ok(())
        });
        run.unwrap();
    }
}

#[tokio::test]
async fn a_tail_follows_what_is_appended() {
    let place = empty().await;
    let rows = fill(&place.store, 20, 1, 20).await;
    let mut reader = place.store.read().await.unwrap();
    let filter = Filter { outcome: Some("denied".into()), ..Filter::default() };
    let after = |seq| Page::After(seq);
    assert_eq!(audit_pages::page(&mut reader, &filter, after(11), 9).await.unwrap(), []);
    let mut write = place.store.write().await.unwrap();
    let more: Vec<_> = (20..40).map(|seq| record(seq, 1)).collect();
    append(&mut write, &more).await.unwrap();
    write.commit().await.unwrap();
    let found = audit_pages::page(&mut reader, &filter, after(11), 9).await.unwrap();
    assert_eq!(found.iter().map(|row| row.seq).collect::<Vec<_>>(), [22, 33]);
    let nothing = Filter { search: Some(" *\"- ".into()), ..Filter::default() };
    assert_eq!(audit_pages::page(&mut reader, &nothing, Page::Newest, 9).await.unwrap(), []);
    let _ = rows;
}

/// Two stores on one file give a term one id, whichever adds it, also after a rollback.
#[tokio::test]
async fn two_processes_share_terms() {
    let place = empty().await;
    let other = Store::open(place.store.path()).await.unwrap();
    let named = |seq, actor: &str| AuditRecord { actor: actor.into(), ..record(seq, 1) };
    // Rolled back, so that the next one gets the id that "gone" had.
    let mut write = place.store.write().await.unwrap();
    append(&mut write, &[named(0, "gone")]).await.unwrap();
    drop(write);
    for (seq, (store, actor)) in [
        (&other, "one"),
        (&place.store, "one"),
        (&place.store, "gone"),
        (&other, "gone"),
        (&other, "two"),
        (&place.store, "one"),
        (&place.store, "two"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut write = store.write().await.unwrap();
        append(&mut write, &[named(seq as u64, actor)]).await.unwrap();
        write.commit().await.unwrap();
    }
    for store in [&place.store, &other] {
        for (actor, expected) in [("one", vec![0, 1, 5]), ("gone", vec![2, 3]), ("two", vec![4, 6])]
        {
            let filter = Filter { actor: Some(actor.into()), ..Filter::default() };
            let mut reader = store.read().await.unwrap();
            let found = walk(&mut reader, &filter, Page::Oldest, 9).await;
            assert_eq!(found.iter().map(|row| row.seq).collect::<Vec<_>>(), expected, "{actor}");
        }
    }
}

#[tokio::test]
async fn counts_say_what_the_records_say() {
    let place = empty().await;
    let rows = fill(&place.store, 900, 300, 250).await;
    let mut reader = place.store.read().await.unwrap();
    let start = |time: DateTime<Utc>, step| {
        let seconds = if step == Step::Hour { 3600 } else { 86400 };
        DateTime::from_timestamp(time.timestamp().div_euclid(seconds) * seconds, 0).unwrap()
    };
    let text = |text: &str| Some(text.to_owned());
    let (since, until) = (Some(at(20_000)), Some(at(200_000)));
    for filter in [
        CountFilter::default(),
        CountFilter { tenant: Some("acme-1".parse().unwrap()), ..CountFilter::default() },
        CountFilter {
            action: text("object.read"),
            outcome: text("ok"),
            since,
            until,
            tenant: None,
        },
        CountFilter { tenant: Some("acme-7".parse().unwrap()), ..CountFilter::default() },
    ] {
        for step in [Step::Hour, Step::Day] {
            for apart in [Apart::Nothing, Apart::Tenant, Apart::Action, Apart::Outcome] {
                let mut expected = BTreeMap::<_, u64>::new();
                for row in &rows {
                    let is = |wanted: &Option<String>, text: &str| {
                        wanted.as_deref().is_none_or(|wanted| wanted == text)
                    };
                    let tenant = filter.tenant.as_ref().map(ToString::to_string);
                    let hour = start(row.time, Step::Hour);
                    if (tenant.is_none() || tenant == row.tenant)
                        && is(&filter.action, &row.action)
                        && is(&filter.outcome, &row.outcome)
                        && filter.since.is_none_or(|since| hour >= start(since, Step::Hour))
                        && filter.until.is_none_or(|until| hour < until)
                    {
                        let term = match apart {
                            Apart::Nothing => None,
                            Apart::Tenant => row.tenant.clone(),
                            Apart::Action => Some(row.action.clone()),
                            Apart::Outcome => Some(row.outcome.clone()),
                        };
                        *expected.entry((start(row.time, step), term)).or_default() += 1;
                    }
                }
                let expected: Vec<_> = expected
                    .into_iter()
                    .map(|((start, term), records)| Count { start, term, records })
                    .collect();
                let counts = audit_counts::counts(&mut reader, &filter, step, apart).await.unwrap();
                assert_eq!(counts, expected, "{filter:?} {step:?} {apart:?}");
            }
        }
    }
    assert_eq!(audit_counts::totals(&mut reader).await.unwrap(), (900, 900));
}

#[tokio::test]
async fn a_changed_count_is_found() {
    let place = empty().await;
    fill(&place.store, 600, 300, 250).await;
    let mut reader = place.store.read().await.unwrap();
    let days = audit_days::list(&mut reader).await.unwrap();
    for day in &days {
        assert_eq!(audit_counts::first_wrong(&mut reader, day).await.unwrap(), None);
    }
    for change in [
        "UPDATE audit_counts SET records = records + 1 WHERE tenant > 0 AND hour % 24 = 7",
        "DROP TRIGGER audit_counts_never_go",
        "DELETE FROM audit_counts WHERE tenant = -1",
        "INSERT INTO audit_counts SELECT 0, hour, 7777, 7777, 1 FROM audit_counts LIMIT 1",
    ] {
        meddle(place.store.path(), change).await.unwrap();
        let mut wrong = None;
        for day in &days {
            wrong = wrong.or(audit_counts::first_wrong(&mut reader, day).await.unwrap());
        }
        assert!(wrong.is_some_and(|wrong| wrong.stored != wrong.counted), "{change}");
    }
}

#[tokio::test]
async fn days_are_sealed_archived_and_fetched_back() {
    let place = empty().await;
    let rows = fill(&place.store, 600, 300, 250).await;
    let mut write = place.store.write().await.unwrap();
    let days = audit_days::list(&mut write).await.unwrap();
    let counted: Vec<_> = days.iter().map(|day| (day.day.to_string(), day.records)).collect();
    let expected =
        [("2026-11-21", 18), ("2026-11-22", 288), ("2026-11-23", 288), ("2026-11-24", 6)];
    assert_eq!(counted, expected.map(|(day, records)| (day.to_owned(), records)));
    assert_eq!(audit_days::of_record(&mut write, 305).await.unwrap().as_ref(), days.get(1));
    assert_eq!(audit_days::of_record(&mut write, 600).await.unwrap(), None);

    let day = days[1].day;
    let seal = Seal { at: at(600 * 300), checkpoint: 600 };
    let archive = audit_days::archive(&mut write, day, at(0), "{}").await;
    assert_eq!(archive.unwrap_err().code(), Code::ChangedMeanwhile, "not sealed");
    audit_days::seal(&mut write, day, &seal).await.unwrap();
    let again = audit_days::seal(&mut write, day, &seal).await;
    assert_eq!(again.unwrap_err().code(), Code::ChangedMeanwhile);
    write.commit().await.unwrap();

    let mut write = place.store.write().await.unwrap();
    audit_days::archive(&mut write, day, at(1), "{\"file\":1}").await.unwrap();
    write.commit().await.unwrap();
    let mut reader = place.store.read().await.unwrap();
    let archived = audit_days::get(&mut reader, day).await.unwrap().unwrap();
    assert_eq!(archived.sealed.as_ref(), Some(&seal));
    let expected = Archived { at: at(1), archive: "{\"file\":1}".into(), here: false };
    assert_eq!(archived.archived, Some(expected));
    assert_eq!((archived.first, archived.records), (18, 288));
    assert_eq!(audit_records::count(&mut reader).await.unwrap(), 600 - 288);
    // What is left is found as before, also across the hole.
    let left: Vec<_> = rows.iter().filter(|row| !(18..306).contains(&row.seq)).cloned().collect();
    let searches = [
        Filter::default(),
        Filter { search: Some("pdf denied".into()), ..Filter::default() },
        Filter { tenant: Some("acme-1".parse().unwrap()), ..Filter::default() },
        Filter { since: Some(at(100 * 300)), until: Some(at(400 * 300)), ..Filter::default() },
        Filter { since: Some(at(10 * 300)), until: Some(at(100 * 300)), ..Filter::default() },
    ];
    for filter in &searches {
        check_filter(&place.store, &left, filter, 50).await;
    }
    // Hashes and counts stay.
    assert_eq!(audit_tiles::leaf_hashes(&mut reader, 20, 1).await.unwrap(), hash(20));
    assert_eq!(audit_counts::totals(&mut reader).await.unwrap(), (600, 600));
    let behind = "DELETE FROM audit_records WHERE seq = 5";
    assert!(meddle(place.store.path(), behind).await.is_err());

    // Only whole, and only once.
    for (rows, what) in
        [(&rows[18..305], "short"), (&rows[19..306], "late"), (&rows[17..305], "early")]
    {
        let mut write = place.store.write().await.unwrap();
        let error = put_back(&mut write, day, rows).await.unwrap_err();
        assert_eq!(error.code(), Code::ChangedMeanwhile, "{what}");
    }
    let mut write = place.store.write().await.unwrap();
    put_back(&mut write, day, &rows[18..306]).await.unwrap();
    write.commit().await.unwrap();
    for filter in &searches {
        check_filter(&place.store, &rows, filter, 50).await;
    }
    assert_eq!(audit_counts::first_wrong(&mut reader, &archived).await.unwrap(), None);
    let mut write = place.store.write().await.unwrap();
    assert!(put_back(&mut write, day, &rows[18..306]).await.is_err());
    drop(write);
    let mut write = place.store.write().await.unwrap();
    audit_days::release(&mut write, day).await.unwrap();
    write.commit().await.unwrap();
    check_filter(&place.store, &left, &searches[1], 50).await;
    // The log goes on.
    let mut write = place.store.write().await.unwrap();
    append(&mut write, &[record(600, 300)]).await.unwrap();
    write.commit().await.unwrap();
    place.store.check().await.unwrap();
}

/// Puts a day's rows back, a hundred at a time.
async fn put_back(
    write: &mut Write,
    day: chrono::NaiveDate,
    rows: &[AuditRecord],
) -> Result<(), StoreError> {
    let mut restoring = audit_days::restore(write, day).await?;
    for rows in rows.chunks(100) {
        restoring.add(write, rows).await?;
    }
    restoring.finish()
}

/// The newest day can be sealed in the transaction whose record begins the next one, and in no other.
#[tokio::test]
async fn a_sealed_day_takes_no_records() {
    let place = empty().await;
    fill(&place.store, 10, 1, 10).await;
    let day = at(0).date_naive();
    let seal = Seal { at: at(10), checkpoint: 10 };
    for (later, taken) in [(TimeDelta::zero(), false), (TimeDelta::days(1), true)] {
        let mut write = place.store.write().await.unwrap();
        audit_days::seal(&mut write, day, &seal).await.unwrap();
        let row = AuditRecord { time: at(10) + later, ..record(10, 1) };
        match append(&mut write, &[row]).await {
            Ok(()) => assert!(taken),
            Err(StoreError::Refused { detail, .. }) => {
                assert!(!taken && detail.contains("sealed day"), "{detail}");
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn checkpoints_and_cursors_are_kept() {
    let place = empty().await;
    let mut write = place.store.write().await.unwrap();
    let note = |size, note: &str| AuditCheckpoint { size, note: note.into() };
    for checkpoint in [note(3, "a\n"), note(9, "b\n"), note(3, "a\nsigned too\n")] {
        audit_checkpoints::put(&mut write, &checkpoint).await.unwrap();
    }
    let other = audit_checkpoints::put(&mut write, &note(9, "c\n")).await.unwrap_err();
    assert!(other.to_string().contains("only gain signatures"), "{other}");
    let kept = audit_checkpoints::get(&mut write, 3).await.unwrap();
    assert_eq!(kept, Some(note(3, "a\nsigned too\n")));
    assert_eq!(audit_checkpoints::newest(&mut write).await.unwrap(), Some(note(9, "b\n")));
    assert_eq!(audit_checkpoints::list(&mut write, 4, 9).await.unwrap(), [note(9, "b\n")]);

    let cursor = |name: &str, seq| AuditCursor { name: name.into(), seq };
    for set in [cursor("siem", 5), cursor("archive", 1), cursor("siem", 7)] {
        audit_cursors::set(&mut write, &set).await.unwrap();
    }
    assert_eq!(audit_cursors::get(&mut write, "siem").await.unwrap(), Some(cursor("siem", 7)));
    assert!(audit_cursors::remove(&mut write, "archive").await.unwrap());
    assert!(!audit_cursors::remove(&mut write, "archive").await.unwrap());
    assert_eq!(audit_cursors::list(&mut write).await.unwrap(), [cursor("siem", 7)]);
}

#[tokio::test]
async fn changed_words_are_found_and_made_again() {
    let place = empty().await;
    let rows = fill(&place.store, 2500, 1, 500).await;
    let check = async || {
        let mut reader = place.store.snapshot().await.unwrap();
        let mut check = TextCheck::new();
        rows.iter().for_each(|row| check.add(row));
        let range = check.compare(&mut reader).await.unwrap()?;
        let within: Vec<_> = rows.iter().filter(|row| range.contains(&row.seq)).cloned().collect();
        let wrong = audit_text::first_wrong(&mut reader, range, &within).await.unwrap();
        Some(wrong.unwrap().seq)
    };
    assert_eq!(check().await, None);
    for (change, first) in [
        ("DELETE FROM audit_text WHERE rowid = 2000", 2000),
        ("INSERT INTO audit_text (rowid, words) VALUES (9999, 'nothing')", 2000),
        ("INSERT INTO audit_text (audit_text) VALUES ('delete-all')", 0),
    ] {
        meddle(place.store.path(), change).await.unwrap();
        assert_eq!(check().await, Some(first), "{change}");
    }
    let mut write = place.store.write().await.unwrap();
    audit_text::clear(&mut write).await.unwrap();
    for rows in rows.chunks(700) {
        audit_text::insert(&mut write, rows).await.unwrap();
    }
    write.commit().await.unwrap();
    assert_eq!(check().await, None);
}

#[tokio::test]
async fn the_database_itself_keeps_the_log() {
    let place = empty().await;
    let rows = fill(&place.store, 600, 300, 250).await;
    let mut write = place.store.write().await.unwrap();
    let day = "2026-11-22".parse().unwrap();
    audit_days::seal(&mut write, day, &Seal { at: at(0), checkpoint: 600 }).await.unwrap();
    audit_days::archive(&mut write, day, at(0), "{}").await.unwrap();
    audit_checkpoints::put(&mut write, &AuditCheckpoint { size: 600, note: "n\n".into() })
        .await
        .unwrap();
    write.commit().await.unwrap();
    for (text, rule) in [
        ("UPDATE audit_records SET body = '{}'", "never change"),
        ("UPDATE audit_records SET actor = 7 WHERE seq = 1", "never change"),
        ("DELETE FROM audit_records", "never go"),
        ("DELETE FROM audit_records WHERE seq = 1", "never go"),
        ("DELETE FROM audit_records WHERE seq = 599", "never go"),
        ("INSERT OR REPLACE INTO audit_records SELECT * FROM audit_records WHERE seq = 1", "never"),
        // Records of an archived day come back only when it is said to be here.
        ("INSERT INTO audit_records VALUES (20, 1, 1, 1, 1, 1, 1, '{}')", "never change"),
        ("UPDATE audit_head SET size = 1", "never shrinks"),
        ("UPDATE audit_head SET time = 1", "never shrinks"),
        ("DELETE FROM audit_head", "never goes"),
        ("INSERT INTO audit_head VALUES (2, 0, 0, x'', '')", "never goes"),
        ("INSERT OR REPLACE INTO audit_head VALUES (1, 0, 0, x'', '')", "never"),
        ("UPDATE audit_terms SET term = 'eve' WHERE term = 'ana'", "never change"),
        ("DELETE FROM audit_terms", "never go"),
        ("INSERT OR REPLACE INTO audit_terms VALUES (1, 'eve')", "never change"),
        ("INSERT OR REPLACE INTO audit_terms VALUES (99, 'ana')", "never change"),
        ("UPDATE audit_tiles SET hashes = zeroblob(8192)", "only grow"),
        ("UPDATE audit_tiles SET hashes = substr(hashes, 1, 32)", "only grow"),
        ("UPDATE audit_tiles SET level = 1", "only grow"),
        ("INSERT OR REPLACE INTO audit_tiles VALUES (0, 0, zeroblob(8192))", "only grow"),
        ("DELETE FROM audit_tiles", "never go"),
        ("UPDATE audit_counts SET records = 1 WHERE records > 1", "only grow"),
        ("UPDATE audit_counts SET hour = hour + 1", "only grow"),
        ("DELETE FROM audit_counts", "never go"),
        ("UPDATE audit_days SET first = first + 1000", "once"),
        ("UPDATE audit_days SET sealed_at = 'now' WHERE day = '2026-11-22'", "once"),
        ("UPDATE audit_days SET archive = '{1}' WHERE day = '2026-11-22'", "once"),
        (
            "UPDATE audit_days SET sealed_at = 'x', checkpoint = 1, records = 5
             WHERE day = '2026-11-23'",
            "whole",
        ),
        ("DELETE FROM audit_days", "never go"),
        ("INSERT INTO audit_days (day, first) VALUES ('2026-11-20', 900)", "follow"),
        ("INSERT INTO audit_days (day, first) VALUES ('2026-11-30', 5)", "follow"),
        ("INSERT OR REPLACE INTO audit_days (day, first) VALUES ('2026-11-24', 594)", "follow"),
        ("UPDATE audit_days SET here = 0 WHERE day = '2026-11-23'", "CHECK"),
        ("UPDATE audit_checkpoints SET note = 'm'", "only gain"),
        ("INSERT OR REPLACE INTO audit_checkpoints VALUES (600, 'm')", "only gain"),
        ("DELETE FROM audit_checkpoints", "never go"),
    ] {
        let error = meddle(place.store.path(), text).await.unwrap_err().to_string();
        assert!(error.contains(rule), "{text}: {error}");
    }
    let left: Vec<_> = rows.iter().filter(|row| !(18..306).contains(&row.seq)).cloned().collect();
    check_filter(&place.store, &left, &Filter::default(), 300).await;
    let mut reader = place.store.read().await.unwrap();
    assert_eq!(audit_head::get(&mut reader).await.unwrap(), head_after(&rows));
}

/// A record's body may be anything, once somebody has been at it behind our back.
#[tokio::test]
async fn bodies_that_were_edited_are_read_as_they_are() {
    let place = empty().await;
    fill(&place.store, 5, 1, 5).await;
    for text in [
        "DROP TRIGGER audit_records_never_change",
        "UPDATE audit_records SET body = char(10) || '3 4 x' || char(10) WHERE seq = 2",
    ] {
        meddle(place.store.path(), text).await.unwrap();
    }
    let mut reader = place.store.read().await.unwrap();
    let chunk = audit_records::read_chunk(&mut reader, 0, 9).await.unwrap();
    let bodies: Vec<_> = chunk.rows().map(|row| (row.seq, row.body.to_vec())).collect();
    assert_eq!(bodies.len(), 5);
    assert_eq!(bodies[2], (2, b"\n3 4 x\n".to_vec()));
    // Bytes that are no text are handed to verification, and refused as a page.
    let text = "UPDATE audit_records SET body = CAST(x'ff0a' AS TEXT) WHERE seq = 2";
    meddle(place.store.path(), text).await.unwrap();
    let chunk = audit_records::read_chunk(&mut reader, 0, 9).await.unwrap();
    assert_eq!(chunk.rows().nth(2).unwrap().body, [0xff, 0x0a]);
    let page = audit_pages::page(&mut reader, &Filter::default(), Page::Newest, 9).await;
    assert!(matches!(page, Err(StoreError::Corrupt { .. })));
}

/// The statements whose cost must not grow with the log walk an index, and sort nothing.
#[tokio::test]
async fn pages_walk_an_index() {
    let place = empty().await;
    fill(&place.store, 600, 300, 250).await;
    let mut connection = behind(place.store.path()).await;
    let page = "AND r.seq >= 5 AND r.seq < 500 AND r.time >= 7 AND r.time < 9 ORDER BY r.seq DESC";
    for (text, index) in [
        (format!("SELECT r.seq, r.body FROM audit_records AS r WHERE r.seq > 0 {page}"), "PRIMARY"),
        (
            "SELECT r.seq, r.body FROM audit_text AS t
             CROSS JOIN audit_records AS r ON r.seq = t.rowid
             WHERE t.audit_text MATCH 'a b' AND t.rowid >= 1 AND t.rowid < 9
             ORDER BY t.rowid DESC"
                .to_owned(),
            "VIRTUAL TABLE INDEX",
        ),
        ("SELECT * FROM audit_tiles WHERE level = 0 AND tile >= 3 AND tile <= 4".into(), "INDEX"),
    ] {
        let plan = format!("EXPLAIN QUERY PLAN {text}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(plan)).fetch_all(&mut connection).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(index), "{text}\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{text}\n{plan}");
        assert!(!plan.contains("SCAN r"), "{text}\n{plan}");
    }
    connection.close().await.unwrap();
}
