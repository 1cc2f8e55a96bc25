//! The processes of an open window, as Linux tells of them: the application and those of its web view.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

/// How many ticks a second the system counts processes' times in: what Linux tells everybody (`USER_HZ`).
const TICKS: f64 = 100.0;

/// What a process has in common with those that it started is told by this.
struct Stat {
    parent: u32,
    /// What has ended stays on the list until somebody has asked how (`Z`).
    runs: bool,
    /// After the system's start, in ticks.
    started: f64,
    /// What it has used of all cores, in ticks.
    used: f64,
}

/// An application and all that it started.
pub struct Processes {
    first: u32,
    all: Vec<u32>,
}

impl Processes {
    /// The first process below `above` that runs a program, and all below that one. `None` where there is none.
    #[must_use]
    pub fn of(program: &Path, above: u32) -> Option<Self> {
        let program = fs::canonicalize(program).ok()?;
        let runs =
            |id: &u32| fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|it| it == program);
        let first = below(above).into_iter().find(runs)?;
        let mut all = below(first);
        all.push(first);
        Some(Self { first, all })
    }

    /// Whether the application still runs.
    #[must_use]
    pub fn run(&self) -> bool {
        stat(self.first).is_some_and(|stat| stat.runs)
    }

    /// When the application was started, to a hundredth of a second.
    #[must_use]
    pub fn started(&self) -> Option<SystemTime> {
        let uptime = fs::read_to_string("/proc/uptime").ok()?;
        let uptime: f64 = uptime.split_whitespace().next()?.parse().ok()?;
        let ago = Duration::try_from_secs_f64(uptime - stat(self.first)?.started / TICKS).ok()?;
        SystemTime::now().checked_sub(ago)
    }

    /// What all of them have used of all cores.
    #[must_use]
    pub fn used(&self) -> Duration {
        let ticks: f64 = self.all.iter().filter_map(|id| stat(*id)).map(|stat| stat.used).sum();
        Duration::from_secs_f64(ticks / TICKS)
    }

    /// The memory of all of them in bytes, what is shared with others by its share (`Pss`). `None` where the
    /// system doesn't tell.
    #[must_use]
    pub fn memory(&self) -> Option<u64> {
        self.all.iter().map(|id| pss(*id)).sum()
    }
}

/// The processes that a process started, and those that they did.
fn below(above: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parents: Vec<(u32, u32)> = ids.filter_map(|id| Some((id, stat(id)?.parent))).collect();
    let mut found = Vec::new();
    let mut next = vec![above];
    while let Some(parent) = next.pop() {
        for (id, _) in parents.iter().filter(|(_, of)| *of == parent) {
            found.push(*id);
            next.push(*id);
        }
    }
    found
}

/// proc(5), `/proc/PID/stat`. `None` for a process that has ended.
fn stat(id: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before may have anything in it.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<f64>().ok();
    let parent = fields.get(1)?.parse().ok()?;
    let runs = fields.first().is_some_and(|state| *state != "Z");
    Some(Stat { parent, runs, used: number(11)? + number(12)?, started: number(19)? })
}

/// proc(5), `/proc/PID/smaps_rollup`.
fn pss(id: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found_below_its_parent() {
        let own = std::env::current_exe().unwrap();
        let parent = stat(std::process::id()).unwrap().parent;
        let processes = Processes::of(&own, parent).unwrap();
        assert!(processes.run());
        assert!(processes.memory().unwrap() > 100_000);
        let age = SystemTime::now().duration_since(processes.started().unwrap()).unwrap();
        assert!(age < Duration::from_secs(3600), "{age:?}");
        assert!(Processes::of(Path::new("/no/such/program"), parent).is_none());
    }
}
