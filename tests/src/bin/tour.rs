//! `tour APPLICATION DRIVER WORKSPACE PICTURES DEMONSTRATION`: goes through every page of the real window,
//! light and dark, small and large, and leaves a picture of each.
//!
//! Where there is no workspace yet, the demonstration is made first, its secrets in the keyring that runs
//! beside the window. A page that doesn't become ready is named at the end, and is a failure.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use keyward_tests::window::{PAGES, Surroundings, Theme, Window, WindowError, missing};

const SIZES: [(u32, u32); 2] = [(1280, 800), (1920, 1080)];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [application, driver, workspace, pictures, demonstration] = arguments.as_slice() else {
        return Err(
            "give the application, the driver, a workspace, a folder for pictures and the \
                    program that makes the demonstration"
                .into(),
        );
    };
    if let Some(program) = missing() {
        return Err(format!("`{program}` is missing; `cargo xtask setup` installs it").into());
    }
    fs::create_dir_all(pictures)?;
    let home = workspace.with_extension("home");
    let surroundings = Surroundings::start(&home, 1920, 1080)?;
    if !workspace.join("workspace.json").is_file() {
        let mut make = surroundings.command(demonstration);
        let made = make.arg("--workspace").arg(workspace).status()?;
        if !made.success() {
            return Err("the demonstration could not be made".into());
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let failed = runtime.block_on(async {
        let window = Window::open(&surroundings, driver, application, workspace).await?;
        // Stopped by hand it ends what it started all the same.
        let failed = tokio::select! {
            failed = pages(&window, pictures) => failed,
            _ = tokio::signal::ctrl_c() => Err("stopped".into()),
        };
        window.close().await?;
        failed
    })?;
    match failed {
        0 => Ok(()),
        number => Err(format!("{number} pages were not ready; see above").into()),
    }
}

async fn pages(window: &Window, pictures: &Path) -> Result<usize, Box<dyn Error>> {
    let mut failed = 0;
    window.unlock().await?;
    for theme in [Theme::Light, Theme::Dark] {
        window.theme(theme).await?;
        for (width, height) in SIZES {
            window.size(width, height).await?;
            for page in PAGES {
                if let Err(error) = window.go(page).await {
                    if !matches!(error, WindowError::NotReady { .. }) {
                        return Err(error.into());
                    }
                    eprintln!("{error}");
                    failed += 1;
                }
                let name = page.replace('/', "-");
                let file = pictures.join(format!("{name}-{}-{width}x{height}.png", theme.as_str()));
                fs::write(&file, window.picture().await?)?;
                println!("{}", file.display());
            }
        }
    }
    Ok(failed)
}
