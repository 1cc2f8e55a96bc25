//! Keyward's operations, one file each.
