//! Runs the vectors of a folder: every failing id with its reason, then `N passed, N failed` alone on
//! the last line. Exits with 1 where any failed, with 2 where none could be run.

use std::{path::PathBuf, process::ExitCode};

use keyward_tests::vectors::SUITES;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: vectors DIR, a folder with `esdk/`, `merkle/`, ...");
        return ExitCode::from(2);
    };
    let (mut passed, mut failed) = (0, 0);
    for suite in SUITES {
        let rows = match suite.run(&folder) {
            Ok(rows) => rows,
            Err(error) => {
                eprintln!("{}: {error}", suite.name);
                return ExitCode::from(2);
            }
        };
        for (id, outcome) in rows {
            match outcome {
                Ok(()) => passed += 1,
                Err(reason) => {
                    failed += 1;
                    println!("{}/{id}: {reason}", suite.name);
                }
            }
        }
    }
    if passed + failed == 0 {
        eprintln!("no vectors in `{}`; give the folder that holds `esdk/`", folder.display());
        return ExitCode::from(2);
    }
    println!("{passed} passed, {failed} failed");
    ExitCode::from(u8::from(failed > 0))
}
