//! What Keyward's own tests are made of: workspaces in temporary folders, a clock that can be set, and
//! providers that fail on request. A dev-dependency only.
//!
//! Everything here panics where a test's set-up fails: that is a test's way to say so.
#![deny(missing_docs)]

mod clock;
mod faults;
mod workspace;

pub use clock::TestClock;
pub use faults::Faulty;
pub use workspace::TestWorkspace;
