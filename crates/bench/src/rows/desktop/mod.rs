//! `desktop-*`: the console as it was built, in a display of its own without a GPU, on a large workspace.
//!
//! `cargo xtask bench` builds the console and names what is needed in the environment. The workspace is made
//! once, and used again for as long as it can be opened; its secrets rest in the keyring that runs beside it.

pub mod pages;
mod scene;
mod start;
mod window;

use crate::{bench::Bench, error::BenchError};

use self::scene::Scene;

/// Measures what is wanted.
pub fn rows(bench: &mut Bench) -> Result<(), BenchError> {
    let scene = match Scene::set(bench)? {
        Ok(scene) => scene,
        Err(reason) => {
            bench.skip("desktop", &reason);
            return Ok(());
        }
    };
    if bench.wants_group("desktop-audit") {
        pages::rows(bench, &scene)?;
    }
    if bench.wants_group("desktop-start") {
        start::rows(bench, &scene)?;
    }
    window::rows(bench, &scene)
}
