//! What is done to the log behind Keyward's back, each found and named: the tests of the table in
//! `docs/log.md`.
//!
//! | what is done | where it is tested |
//! | --- | --- |
//! | a record changed, deleted, inserted, duplicated, moved, added | [`rows`] |
//! | hashes rewritten: unsigned, signed by another key, by the stolen key | [`rewritten`] |
//! | tiles, head, kept checkpoints edited alone | [`hashes`] |
//! | the tail cut off, an older copy put back, databases swapped, one copy continued twice | [`copies`] |
//! | an archived day's file edited, cut, swapped | [`archives`] |
//! | columns, terms, counts, days, the word index | [`beside`] |
//!
//! Each is done with the `sqlite3` command, or with the file itself, on a workspace that the `keyward`
//! command has made. Where triggers stand in the way, they are seen to refuse it first.

mod archives;
mod beside;
mod copies;
mod hashes;
mod prepared;
mod rewritten;
mod rows;
mod scene;
mod tree;
