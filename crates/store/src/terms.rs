//! The terms that this process knows the ids of, so that appending a record asks the database for none.
//!
//! A term's id never changes and is never another's, so that what was once committed stays right,
//! whatever other processes add. An id is taken in only with the commit of the transaction that read or
//! made it: one that was rolled back may be given to another term.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// How many are kept at most: some megabytes.
const MOST: usize = 1 << 16;

/// What all connections of a store share.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    ids: RwLock<HashMap<String, i64>>,
}

/// What one connection knows: the shared terms, and those of its own transaction.
#[derive(Debug, Default)]
pub(crate) struct KnownTerms {
    shared: Arc<Dictionary>,
    own: HashMap<String, i64>,
}

impl KnownTerms {
    /// What a new connection knows.
    pub(crate) fn of(shared: &Arc<Dictionary>) -> Self {
        Self { shared: Arc::clone(shared), own: HashMap::new() }
    }

    /// The ids of these texts, where they are known.
    pub(crate) fn ids<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Vec<Option<i64>> {
        // Nothing that holds it can panic half-way through a change.
        let shared = self.shared.ids.read().unwrap_or_else(PoisonError::into_inner);
        texts.map(|text| self.own.get(text).or_else(|| shared.get(text)).copied()).collect()
    }

    /// Takes in what the transaction under way has read or made.
    pub(crate) fn learn(&mut self, text: String, id: i64) {
        self.own.insert(text, id);
    }

    /// Shares what was learnt: the transaction is committed.
    pub(crate) fn committed(&mut self) {
        if self.own.is_empty() {
            return;
        }
        let mut shared = self.shared.ids.write().unwrap_or_else(PoisonError::into_inner);
        // Those in use come back with the next records.
        if shared.len() + self.own.len() > MOST {
            shared.clear();
        }
        shared.extend(self.own.drain().take(MOST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_committed_is_not_shared() {
        let shared = Arc::default();
        let (mut one, other) = (KnownTerms::of(&shared), KnownTerms::of(&shared));
        one.learn("acme".into(), 3);
        assert_eq!(one.ids(["acme", "ben"].into_iter()), [Some(3), None]);
        assert_eq!(other.ids(["acme"].into_iter()), [None]);
        one.committed();
        assert_eq!(other.ids(["acme"].into_iter()), [Some(3)]);
        drop(one);
        let mut rolled_back = KnownTerms::of(&shared);
        rolled_back.learn("ben".into(), 4);
        drop(rolled_back);
        assert_eq!(other.ids(["ben"].into_iter()), [None]);
    }

    #[test]
    fn a_full_dictionary_starts_again() {
        let shared = Arc::default();
        let mut known = KnownTerms::of(&shared);
        for number in 0..MOST as i64 {
            known.learn(number.to_string(), number);
        }
        known.committed();
        known.learn("one more".into(), -1);
        known.committed();
        assert_eq!(known.ids(["one more", "7"].into_iter()), [Some(-1), None]);
    }
}
