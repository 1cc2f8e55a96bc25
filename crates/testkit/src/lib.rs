//! Suites and fault injection for Keyward's own tests.
