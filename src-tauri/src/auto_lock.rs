//! Locks the window when nobody has used it for a while.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use keyward_core::Code;
use parking_lot::Mutex;
use tauri::{AppHandle, Manager as _};

use crate::{desktop::Desktop, failure::CommandError};

/// How long nobody may use the window, until something else is set.
const AFTER: Duration = Duration::from_secs(15 * 60);

/// How often the time is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// When the window was used last, and for how long it may rest.
pub struct AutoLock {
    file: Option<PathBuf>,
    inner: Mutex<Inner>,
}

struct Inner {
    used: Instant,
    after: Duration,
}

impl AutoLock {
    /// As it was set the last time, in this file.
    pub fn load(file: Option<PathBuf>) -> Self {
        let set = file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        let minutes = set.and_then(|text| text.trim().parse::<u64>().ok());
        let after = minutes
            .filter(|minutes| (1..=240).contains(minutes))
            .map_or(AFTER, |minutes| Duration::from_secs(minutes * 60));
        Self { file, inner: Mutex::new(Inner { used: Instant::now(), after }) }
    }

    /// The window has just been used.
    pub fn touch(&self) {
        self.inner.lock().used = Instant::now();
    }

    /// After how many minutes the window locks itself.
    pub fn minutes(&self) -> u32 {
        u32::try_from(self.inner.lock().after.as_secs() / 60).unwrap_or(u32::MAX)
    }

    /// Sets it, and keeps it for the next start.
    ///
    /// # Errors
    /// Where it can't be kept; nothing is changed then.
    pub fn set(&self, after: Duration) -> Result<(), CommandError> {
        if let Some(file) = &self.file {
            let kept = file
                .parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| std::fs::write(file, (after.as_secs() / 60).to_string()));
            kept.map_err(|error| {
                let file = file.display();
                CommandError::new(Code::Machine, format_args!("can't write `{file}`: {error}"))
            })?;
        }
        let mut inner = self.inner.lock();
        *inner = Inner { used: Instant::now(), after };
        Ok(())
    }

    fn is_over(&self) -> bool {
        let inner = self.inner.lock();
        inner.used.elapsed() >= inner.after
    }
}

/// Locks the window whenever its time is over.
pub async fn watch(app: AppHandle) {
    loop {
        tokio::time::sleep(LOOK).await;
        if app.state::<AutoLock>().is_over() && app.state::<Desktop>().session().is_ok() {
            app.state::<Desktop>().close().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_kept_and_nonsense_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/lock-after");
        let lock = AutoLock::load(Some(file.clone()));
        assert_eq!(lock.minutes(), 15);
        lock.set(Duration::from_secs(120)).unwrap();
        assert_eq!(AutoLock::load(Some(file.clone())).minutes(), 2);
        std::fs::write(&file, "0").unwrap();
        assert_eq!(AutoLock::load(Some(file)).minutes(), 15);
    }

    #[test]
    fn using_the_window_begins_the_time_again() {
        let lock = AutoLock::load(None);
        lock.inner.lock().after = Duration::ZERO;
        assert!(lock.is_over());
        lock.set(Duration::from_secs(60)).unwrap();
        assert!(!lock.is_over());
    }
}
