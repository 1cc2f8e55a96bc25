//! The keyward command.
