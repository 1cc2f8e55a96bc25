//! Whether a row's columns say what its record says: else a query would hide or misplace it.

use std::{
    collections::HashMap,
    fmt::{self, Display, Write as _},
};

use keyward_core::TenantId;
use keyward_ledger::RecordView;
use keyward_store::tables::audit_records::StoredRow;

use super::LogFault;

/// The texts that columns stand for, by their ids.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// Ids are handed out one after the other: looking them up by place is several times as fast.
    dense: Vec<Option<String>>,
    /// Whatever somebody else has put there under ids of their own.
    sparse: HashMap<i64, String>,
}

impl Terms {
    pub(super) fn new(terms: HashMap<i64, String>) -> Self {
        let mut new = Self { dense: vec![None; terms.len().saturating_mul(2)], ..Self::default() };
        for (id, term) in terms {
            match usize::try_from(id).ok().and_then(|id| new.dense.get_mut(id)) {
                Some(place) => *place = Some(term),
                None => drop(new.sparse.insert(id, term)),
            }
        }
        new
    }

    pub(super) fn get(&self, id: i64) -> Option<&str> {
        let dense = usize::try_from(id).ok().and_then(|id| self.dense.get(id)?.as_deref());
        dense.or_else(|| self.sparse.get(&id).map(String::as_str))
    }

    /// The id of a text, where there is one.
    pub(super) fn id(&self, text: &str) -> Option<i64> {
        let is = |term: &Option<String>| term.as_deref() == Some(text);
        let dense = self.dense.iter().position(is).and_then(|id| i64::try_from(id).ok());
        dense.or_else(|| self.sparse.iter().find(|(_, term)| *term == text).map(|(id, _)| *id))
    }

    /// That the columns agree with the record.
    pub(super) fn check(
        &self,
        row: &StoredRow<'_>,
        record: &RecordView<'_>,
    ) -> Result<(), LogFault> {
        let columns = &row.columns;
        let is = |id: i64, text: &str| self.get(id) == Some(text);
        let agree = columns.time == record.time.timestamp_micros()
            && is(columns.action, record.action.as_str())
            && is(columns.outcome, record.outcome.as_str())
            && is(columns.actor, &record.actor)
            && match record.tenant.as_ref().map(TenantId::as_str) {
                Some(tenant) => is(columns.tenant, tenant),
                None => columns.tenant == 0,
            }
            && match &record.key {
                Some(key) => self.get(columns.key).is_some_and(|term| prints_as(key, term)),
                None => columns.key == 0,
            };
        if agree { Ok(()) } else { Err(LogFault::ColumnsDiffer { seq: row.seq }) }
    }
}

/// Whether a value prints as this text, without printing it anywhere.
fn prints_as(value: &impl Display, text: &str) -> bool {
    struct Rest<'t>(&'t str);
    impl fmt::Write for Rest<'_> {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
            Ok(())
        }
    }
    let mut rest = Rest(text);
    write!(rest, "{value}").is_ok() && rest.0.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_of_any_id_are_found() {
        let given = [(1, "a"), (2, "b"), (i64::MAX, "c"), (-5, "d")];
        let terms = Terms::new(given.iter().map(|(id, term)| (*id, (*term).into())).collect());
        assert!(given.iter().all(|(id, term)| terms.get(*id) == Some(term)));
        assert_eq!(terms.get(0), None);
        assert_eq!(terms.get(3), None);
        assert_eq!((terms.id("b"), terms.id("d"), terms.id("e")), (Some(2), Some(-5), None));
    }

    #[test]
    fn values_are_compared_as_they_print() {
        assert!(prints_as(&format_args!("{}:{}", "dk", 3), "dk:3"));
        assert!(!prints_as(&3, "31"));
        assert!(!prints_as(&31, "3"));
    }
}
