//! Tests that can't run on this machine say so by name, instead of passing in silence.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

/// Records that the test called `name` is skipped, and why; the test then returns.
///
/// `cargo xtask test` lists what was skipped at its end: it names a file in `KEYWARD_SKIP_FILE`, since
/// runners hide what passing tests print.
///
/// # Panics
/// With `KEYWARD_NO_SKIP=1`, as in CI: there the test must run.
pub fn skip(name: &str, reason: &str) {
    assert!(
        std::env::var_os("KEYWARD_NO_SKIP").is_none_or(|value| value != "1"),
        "`{name}` can't run here ({reason}), and KEYWARD_NO_SKIP allows no skip"
    );
    println!("skipped: {name} ({reason})");
    if let Some(file) = std::env::var_os("KEYWARD_SKIP_FILE") {
        append(Path::new(&file), name, reason)
            .expect("the file named by KEYWARD_SKIP_FILE takes a line");
    }
}

/// Adds a line in one write, so that tests in processes of their own don't mix theirs.
fn append(file: &Path, name: &str, reason: &str) -> io::Result<()> {
    let reason = reason.replace('\n', " ");
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    file.write_all(format!("{name} ({reason})\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_skip_is_one_line() {
        let path = std::env::temp_dir().join(format!("keyward-skip-{}", std::process::id()));
        append(&path, "first", "no `go` here").unwrap();
        append(&path, "second", "two\nlines").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(text, "first (no `go` here)\nsecond (two lines)\n");
    }
}
