//! The desktop console as its users have it: the built program in a real window, on a workspace that the
//! `keyward` command shares, driven by what the pages say.
#![cfg(unix)]

mod accessibility;
mod audit;
mod failures;
mod locking;
mod navigation;
mod onboarding;
mod privacy;
mod revocation;
mod rotation;
mod scene;
