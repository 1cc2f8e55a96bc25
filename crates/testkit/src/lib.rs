//! What Keyward's own tests are made of: workspaces in temporary folders, a clock that can be set,
//! providers that fail on request, and the suite that every provider passes. A dev-dependency only.
//!
//! Everything here panics where a test's set-up fails: that is a test's way to say so.
#![deny(missing_docs)]

mod clock;
mod faults;
pub mod provider_suite;
mod replicated;
mod workspace;

pub use clock::TestClock;
pub use faults::Faulty;
pub use replicated::Replicated;
pub use workspace::TestWorkspace;
