//! What the console is measured in: a display, a keyring, and a large workspace.

use std::{
    env,
    path::{Path, PathBuf},
    time::Instant,
};

use keyward_demonstration::scale::Scale;
use keyward_tests::window::{Surroundings, Window, missing};

use crate::{bench::Bench, error::BenchError, peers};

/// What the rows are about.
const FULL: Scale = Scale { tenants: 10_000, data_keys: 100_000, records: 1_000_000 };
const QUICK: Scale = Scale { tenants: 200, data_keys: 1_000, records: 5_000 };

/// The display; no window is larger.
const DISPLAY: (u32, u32) = (1920, 1080);

/// Everything beside the window. It ends with this value; the workspace stays.
pub struct Scene {
    /// The workspace's folder.
    pub workspace: PathBuf,
    surroundings: Surroundings,
    application: PathBuf,
    driver: PathBuf,
}

impl Scene {
    /// Sets it, with the workspace that was made for an earlier run if that can still be opened. The inner
    /// failure is why nothing of it can be measured here.
    pub fn set(bench: &Bench) -> Result<Result<Self, String>, BenchError> {
        let built = |variable: &str, name: &str| {
            let given = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file());
            given.ok_or_else(|| format!("no `{name}`: `cargo xtask bench` has it built"))
        };
        let found = || {
            let application = built("KEYWARD_DESKTOP_BIN", "keyward-desktop")?;
            let driver = built("KEYWARD_TAURI_DRIVER", "tauri-driver")?;
            let demonstration = built("KEYWARD_DEMONSTRATION_BIN", "keyward-demonstration")?;
            match missing() {
                Some(program) => Err(format!("no `{program}`: `cargo xtask setup` installs it")),
                None => Ok((application, driver, demonstration)),
            }
        };
        let (application, driver, demonstration) = match found() {
            Ok(found) => found,
            Err(reason) => return Ok(Err(reason)),
        };
        let own = beside(bench.size("bench-desktop", "bench-desktop-quick"))?;
        let workspace = bench.workspace.clone().unwrap_or_else(|| own.clone());
        let surroundings =
            Surroundings::start(&workspace.with_extension("home"), DISPLAY.0, DISPLAY.1)?;
        let scene = Self { workspace, surroundings, application, driver };
        let is_there = scene.workspace.join("workspace.json").is_file();
        if is_there && let Err(error) = scene.pages(1) {
            if scene.workspace != own {
                return Err(error);
            }
            eprintln!("the workspace of an earlier run can't be used any more: {error}");
            std::fs::remove_dir_all(&scene.workspace)?;
        }
        if !scene.workspace.join("workspace.json").is_file() {
            scene.make(&demonstration, bench.size(FULL, QUICK))?;
        }
        Ok(Ok(scene))
    }

    /// Opens the console on it.
    pub async fn window(&self) -> Result<Window, BenchError> {
        let Self { surroundings, driver, application, workspace } = self;
        Ok(Window::open(surroundings, driver, application, workspace).await?)
    }

    /// What the process says that asks for so many pages of each kind.
    pub fn pages(&self, each: usize) -> Result<String, BenchError> {
        let mut pages = self.surroundings.command(&env::current_exe()?);
        pages.arg("--pages").arg(&self.workspace).arg(each.to_string());
        peers::output(&mut pages)
    }

    fn make(&self, demonstration: &Path, scale: Scale) -> Result<(), BenchError> {
        let (began, folder) = (Instant::now(), self.workspace.display());
        eprintln!("making a workspace with {scale} in {folder}, once: this takes minutes");
        let mut make = self.surroundings.command(demonstration);
        make.arg("--workspace").arg(&self.workspace).args(["--scale", &scale.to_string()]);
        peers::run(&mut make)?;
        eprintln!("made in {:.0} s", began.elapsed().as_secs_f64());
        Ok(())
    }
}

/// A folder beside those that cargo builds in.
fn beside(name: &str) -> Result<PathBuf, BenchError> {
    let own = env::current_exe()?;
    let target = own.ancestors().nth(2).unwrap_or(Path::new("."));
    Ok(target.join(name))
}
