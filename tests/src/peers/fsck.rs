//! `github.com/transparency-dev/tessera/cmd/fsck` as a peer: it reads every entry of a tlog-tiles folder,
//! computes all tiles and the root anew, and compares.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How long one check may take. Past a bad tile of a longer log its own workers wait for each other for
/// ever.
const LIMIT: Duration = Duration::from_secs(120);

/// The program.
pub struct Fsck(PathBuf);

impl Fsck {
    /// `None` once the test called `test` is recorded as skipped.
    #[must_use]
    pub fn find(test: &str) -> Option<Self> {
        super::go::built(test, "go-tessera", "fsck").map(Self)
    }

    /// Checks the log in a tlog-tiles folder with a verifier key (`NAME+HEXID+BASE64`), whose name is the
    /// log's origin, and gives the number of records that the program says it has checked.
    ///
    /// # Errors
    /// What the program printed, where it doesn't say in so many words that all is well: its exit code is
    /// 0 then as well.
    ///
    /// # Panics
    /// Where the program doesn't start.
    pub fn check(&self, folder: &Path, vkey: &str) -> Result<u64, String> {
        self.check_within(folder, vkey, LIMIT)
    }

    /// As [`check`](Self::check), for a folder that must be refused: a program that is still waiting
    /// after a time in which it reads a folder several times over has stopped at an error.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// # Panics
    /// As [`check`](Self::check).
    pub fn check_within(&self, folder: &Path, vkey: &str, limit: Duration) -> Result<u64, String> {
        let own = tempfile::tempdir().expect("a folder");
        let (key, printed) = (own.path().join("key"), own.path().join("printed"));
        // No line feed: the program takes the file as it is.
        fs::write(&key, vkey).expect("the key is written");
        let output = fs::File::create(&printed).expect("a file for what it prints");
        let mut process = Command::new(&self.0)
            .arg(format!("-storage_url=file://{}", folder.display()))
            .arg(format!("-public_key={}", key.display()))
            .args(["-ui=false", "-N=2"])
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("one file for both"))
            .stderr(output)
            .spawn()
            .expect("fsck starts");
        let start = Instant::now();
        let ended = loop {
            match process.try_wait().expect("its state") {
                Some(status) => break status.to_string(),
                None if start.elapsed() < limit => std::thread::sleep(Duration::from_millis(5)),
                None => {
                    // Errors mean that it has ended by itself.
                    let _ = process.kill();
                    let _ = process.wait();
                    break format!("not at its end after {limit:?}");
                }
            }
        };
        let printed = fs::read_to_string(&printed).expect("text");
        match checked(&printed) {
            Some(size) if ended.ends_with(": 0") => Ok(size),
            _ => Err(format!("{printed}{ended}")),
        }
    }
}

/// The size in the line that fsck prints at the very end of a check without a finding.
fn checked(printed: &str) -> Option<u64> {
    if printed.contains("fsck failed") {
        return None;
    }
    let (_, rest) = printed.split_once("Successfully fsck'd log with size ")?;
    rest.split_once(' ')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_word_of_success_counts() {
        let well = "I1 fsck.go:1] Fsck: checking log of size 7\n\
                    I1 fsck.go:2] Successfully fsck'd log with size 7 and root aaa (00)\n";
        assert_eq!(checked(well), Some(7));
        assert_eq!(checked("I1 fsck.go:1] Fsck: checking log of size 7\n"), None);
        assert_eq!(checked(&format!("{well}E1 main.go:1] fsck failed: any\n")), None);
    }
}
