//! The desktop console as it was built, in a display and a session of its own, driven as a person would.
//!
//! A [`Surroundings`] is what a desktop gives an application: a display, a bus, a keyring that is
//! unlocked. A [`Window`] is the application in it, driven over WebDriver. Both end all that they started.

mod frames;
mod person;
mod processes;
mod scroll;
mod session;
mod start;
mod surroundings;
mod watch;

pub use frames::{Frames, MapTimes};
pub use processes::Processes;
pub use scroll::ScrollTimes;
pub use session::{Theme, Window, WindowError};
pub use start::StartTimes;
pub use surroundings::{Surroundings, missing};

/// Every page, by its path in the window.
pub const PAGES: &[&str] = &[
    "overview",
    "tenants",
    "tenants/acme",
    "onboarding",
    "hierarchy",
    "hierarchy/initech",
    "rotation",
    "revocation",
    "revocation/acme",
    "approvals",
    "audit",
    "audit/12",
    "access",
    "settings",
];
