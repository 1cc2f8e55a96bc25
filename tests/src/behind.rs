//! What happens to a workspace past Keyward: rows changed by other programs, full and read-only disks.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use sqlx::{Connection as _, Executor as _, SqliteConnection};

/// A connection to a workspace's database, as an attacker or another program has it.
///
/// # Panics
/// Where the database doesn't open.
pub async fn connect(database: &Path) -> SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    SqliteConnection::connect_with(&options).await.expect("the database opens")
}

/// Runs SQL past the store.
///
/// # Panics
/// Where SQLite refuses it.
pub async fn run(database: &Path, text: &str) {
    let mut connection = connect(database).await;
    connection.execute(sqlx::AssertSqlSafe(text.to_owned())).await.expect("SQLite takes it");
    connection.close().await.expect("it closes");
}

/// A small file system in memory over a folder, unmounted when dropped.
pub struct Mounted(PathBuf);

impl Mounted {
    /// Mounts one of `size` (as `mount` writes it) over an existing folder. What is in the folder is
    /// hidden as long as this lives. `None` where we may not mount.
    #[must_use]
    pub fn over(folder: &Path, size: &str) -> Option<Self> {
        let options = format!("size={size}");
        let arguments = ["-t", "tmpfs", "-o", &options, "tmpfs"];
        mount(&arguments, folder).then(|| Self(folder.into()))
    }

    /// Makes it read-only.
    ///
    /// # Panics
    /// Where the system refuses, as it does while files are open for writing.
    pub fn read_only(&self) {
        assert!(mount(&["-o", "remount,ro"], &self.0), "it is remounted");
    }

    /// Makes it writable again.
    ///
    /// # Panics
    /// Where the system refuses.
    pub fn writable(&self) {
        assert!(mount(&["-o", "remount,rw"], &self.0), "it is remounted");
    }

    /// Fills it with one file until nothing more goes in, and gives the file.
    ///
    /// # Panics
    /// Where the file can't be made.
    #[must_use]
    pub fn fill(&self) -> PathBuf {
        use std::io::Write as _;
        let path = self.0.join(".filler");
        let mut file = std::fs::File::create(&path).expect("a file");
        for size in [1 << 20, 4096, 1] {
            let piece = vec![0; size];
            while file.write_all(&piece).is_ok() {}
        }
        path
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Lazily: engines of the test may still have files open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    let run = Command::new("mount").args(arguments).arg(folder).output();
    run.is_ok_and(|done| done.status.success())
}
