//! State in SQLite and objects in a folder or a bucket.
