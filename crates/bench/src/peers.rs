//! Others' programs: where they are, and how they are asked.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use keyward_tests::peers;

use crate::error::BenchError;

/// A client of the AWS Encryption SDK that times itself: a line in, `encrypt N` or `decrypt N`; a line
/// out, the seconds for N messages of 1 KiB. It stays for the whole run, so that its start and its
/// first, slower messages are in no figure.
pub struct SmallMessages {
    program: &'static str,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl SmallMessages {
    /// `aws-encryption-sdk` of PyPI, or why it isn't there.
    pub fn python() -> Result<Self, String> {
        let python = python().ok_or("no Python environment: `cargo xtask setup` makes it")?;
        let program = peers::source("python/bench_esdk.py");
        Self::start("bench_esdk.py", Command::new(python).arg(program))
    }

    /// `@aws-crypto/client-node` of npm, or why it isn't there.
    pub fn node() -> Result<Self, String> {
        let missing = "no Node packages: `cargo xtask setup` installs them";
        let folder = made("node").filter(|folder| folder.join("node_modules/@aws-crypto").is_dir());
        let program = folder.ok_or(missing)?.join("bench_esdk.mjs");
        Self::start("bench_esdk.mjs", Command::new("node").arg(program))
    }

    /// The crate `aws-esdk`, built now where that hasn't been done, or why it doesn't build.
    pub fn rust() -> Result<Self, String> {
        let target = made("aws-esdk").ok_or("no folder for peers: set KEYWARD_PEERS")?;
        eprintln!("building `aws-esdk`, which takes minutes the first time");
        let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--release", "--locked", "--quiet", "--manifest-path"])
            .arg(peers::source("aws-esdk/Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            .status();
        match built {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(format!("it does not build: cargo ended with {status}")),
            Err(error) => return Err(format!("cargo does not start: {error}")),
        }
        let program = target.join("release/keyward-peer-aws-esdk");
        Self::start("aws-esdk", &mut Command::new(program))
    }

    /// Has it write or read so many messages, and gives the time that took.
    pub fn time(&mut self, what: &str, messages: u32) -> Result<Duration, BenchError> {
        writeln!(self.input, "{what} {messages}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        line.trim()
            .parse()
            .ok()
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .ok_or_else(|| BenchError::Peer { program: self.program.into(), detail: line })
    }

    fn start(program: &'static str, command: &mut Command) -> Result<Self, String> {
        let refuse = |error| format!("`{program}` does not start: {error}");
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(refuse)?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(format!("`{program}` has no pipes"));
        };
        Ok(Self { program, process, input, output: BufReader::new(output) })
    }
}

impl Drop for SmallMessages {
    fn drop(&mut self) {
        // Errors mean that it has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The peers' Python.
pub fn python() -> Option<PathBuf> {
    made("python").map(|folder| folder.join("bin/python")).filter(|python| python.exists())
}

/// Tink for Go, as its program.
pub fn tink() -> Option<PathBuf> {
    made("go-tink").filter(|program| program.is_file())
}

/// A program of the system.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Result<(), BenchError> {
    output(command).map(drop)
}

/// Runs a program to its end, and gives what it printed.
pub fn output(command: &mut Command) -> Result<String, BenchError> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let program = Path::new(command.get_program());
    Err(BenchError::Peer {
        program: program.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        detail: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

fn made(name: &str) -> Option<PathBuf> {
    peers::folder().map(|folder| folder.join(name))
}
