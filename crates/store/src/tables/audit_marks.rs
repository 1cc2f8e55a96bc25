//! Marks: the words by which filters find records. Each stands for a column's whole value, so that a filter
//! for `acme` doesn't find `acme/invoices`.
//!
//! A mark is a letter for its column and the value, with every character that the tokenizer would part or
//! fold written as one of Unicode's private use area. No word of a text or a question has such characters,
//! and no two values have the same mark.

use keyward_core::TenantId;

use super::{audit_pages::Filter, audit_records::AuditRecord};

/// From here on: a private character for each ASCII one.
const ASCII: u32 = 0xe000;
/// Parts two values in a mark.
const BETWEEN: char = '\u{e080}';
/// Before a character that is private itself.
const ITSELF: char = '\u{e081}';

/// The marks that a record must have to pass a filter.
#[must_use]
pub fn asked(filter: &Filter) -> Vec<String> {
    let tenant = filter.tenant.as_ref().map(TenantId::as_str);
    let (tenant, outcome, both) = match (tenant, filter.outcome.as_deref()) {
        (Some(tenant), Some(outcome)) => (None, None, Some(Mark::TenantOutcome(tenant, outcome))),
        (tenant, outcome) => (tenant.map(Mark::Tenant), outcome.map(Mark::Outcome), None),
    };
    let actor = filter.actor.as_deref().map(Mark::Actor);
    let key = filter.key.as_deref().map(Mark::Key);
    let action = filter.action.as_deref().map(Mark::Action);
    let marks = [actor, tenant, key, action, outcome, both].into_iter().flatten();
    marks
        .map(|mark| {
            let mut text = String::new();
            mark.write(&mut text);
            text
        })
        .collect()
}

/// The marks of a record, parted by spaces.
pub(super) fn of(record: &AuditRecord) -> String {
    let tenant = record.tenant.as_deref();
    let marks = [
        Some(Mark::Actor(&record.actor)),
        tenant.map(Mark::Tenant),
        record.key.as_deref().map(Mark::Key),
        Some(Mark::Action(&record.action)),
        Some(Mark::Outcome(&record.outcome)),
        tenant.map(|tenant| Mark::TenantOutcome(tenant, &record.outcome)),
    ];
    let mut text = String::with_capacity(200);
    for mark in marks.into_iter().flatten() {
        mark.write(&mut text);
        text.push(' ');
    }
    text
}

/// What a mark stands for.
#[derive(Clone, Copy)]
enum Mark<'v> {
    Actor(&'v str),
    Tenant(&'v str),
    Key(&'v str),
    Action(&'v str),
    Outcome(&'v str),
    /// What was denied to a tenant, or failed: rare enough for neither alone to find it quickly.
    TenantOutcome(&'v str, &'v str),
}

impl Mark<'_> {
    fn write(self, text: &mut String) {
        let (column, value) = match self {
            Self::Actor(value) => ('a', value),
            Self::Tenant(value) => ('t', value),
            Self::Key(value) => ('k', value),
            Self::Action(value) => ('c', value),
            Self::Outcome(value) => ('o', value),
            Self::TenantOutcome(tenant, _) => ('b', tenant),
        };
        // First, so that no word is a mark: not even one that is a letter alone.
        text.push(BETWEEN);
        text.push(column);
        escape(value, text);
        if let Self::TenantOutcome(_, outcome) = self {
            text.push(BETWEEN);
            escape(outcome, text);
        }
    }
}

fn escape(value: &str, text: &mut String) {
    for letter in value.chars() {
        match letter {
            'a'..='z' | '0'..='9' => text.push(letter),
            '\u{e000}'..='\u{f8ff}' => text.extend([ITSELF, letter]),
            _ if letter.is_ascii() => text.extend(char::from_u32(ASCII + u32::from(letter))),
            _ => text.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn mark(mark: Mark<'_>) -> String {
        let mut text = String::new();
        mark.write(&mut text);
        text
    }

    #[test]
    fn a_value_has_one_mark_and_no_other_value_has_it() {
        let values = [
            "acme",
            "Acme",
            "ACME",
            "acme/",
            "acme/invoices",
            "ac me",
            "",
            "\u{e02f}",
            "\0",
            "acme\u{e080}ok",
            "acme\u{e081}\u{e080}ok",
            "straße",
            "Straße",
        ];
        let mut marks = BTreeSet::new();
        for value in values {
            for one in [
                Mark::Actor(value),
                Mark::Tenant(value),
                Mark::Key(value),
                Mark::Action(value),
                Mark::Outcome(value),
                Mark::TenantOutcome(value, "ok"),
                Mark::TenantOutcome("ok", value),
            ] {
                assert!(marks.insert(mark(one)), "{value}");
            }
        }
    }

    proptest! {
        /// The tokenizer takes texts apart at ASCII characters that are no letters or digits, and folds
        /// ASCII capitals.
        #[test]
        fn a_mark_is_one_word(value: String, other: String) {
            let marks = [mark(Mark::Actor(&value)), mark(Mark::TenantOutcome(&value, &other))];
            for mark in &marks {
                prop_assert!(
                    mark.chars().all(|letter| !letter.is_ascii() || matches!(letter, 'a'..='z' | '0'..='9'))
                );
            }
            prop_assert_eq!(value == other, marks[0] == super::tests::mark(Mark::Actor(&other)));
        }
    }
}
