//! 5 GiB through the engine: in from a reader, out to a writer, byte for byte, in constant memory.
//!
//! Alone in its file, so that its memory is measured alone.

use std::io::{Read, Write};

use keyward_core::ObjectName;
use keyward_engine::Source;
use keyward_testkit::TestWorkspace;
use keyward_tests::{random::Random, skip::skip};

const SIZE: u64 = 5 << 30;
/// What the object takes, with room to spare.
const NEEDED: u64 = 6 << 30;
const BLOCK: usize = 1 << 20;
/// Over what the process holds before it starts.
const MEMORY: u64 = 64 << 20;

/// A stream of blocks that all differ: the same random bytes, with the block's number in front.
#[derive(Clone)]
struct Blocks {
    block: Vec<u8>,
    at: u64,
}

impl Blocks {
    fn new() -> Self {
        Self { block: Random::new(5).bytes(BLOCK), at: 0 }
    }

    /// What the stream has at the current place, as far as its block goes.
    fn here(&mut self) -> &[u8] {
        let number = self.at / BLOCK as u64;
        self.block[..8].copy_from_slice(&number.to_le_bytes());
        let within = (self.at % BLOCK as u64) as usize;
        let left = usize::try_from(SIZE - self.at).unwrap_or(usize::MAX);
        let end = within.saturating_add(left).min(BLOCK);
        &self.block[within..end]
    }
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let here = self.here();
        let length = here.len().min(buffer.len());
        buffer[..length].copy_from_slice(&here[..length]);
        self.at += length as u64;
        Ok(length)
    }
}

/// Takes exactly the stream, and fails at the first byte that differs.
struct Compared(Blocks);

impl Write for Compared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let at = self.0.at;
        let here = self.0.here();
        let length = here.len().min(bytes.len());
        if length == 0 || here[..length] != bytes[..length] {
            return Err(std::io::Error::other(format!("it differs after byte {at}")));
        }
        self.0.at += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_gibibytes_go_through_in_constant_memory() {
    let workspace = TestWorkspace::new().await;
    if free(workspace.path()).is_none_or(|free| free < NEEDED) {
        let test = "five_gibibytes_go_through_in_constant_memory";
        return skip(test, "the folder for temporary files has less than 6 GiB free");
    }
    let (acme, docs, _) = workspace.tenant("acme").await;
    let name: ObjectName = "large".parse().unwrap();
    let context = workspace.application();
    let before = resident("VmRSS");
    let source = Source::Reader(Box::new(Blocks::new()));
    let written = workspace.engine.write(&context, &acme, &docs, &name, source).await.unwrap();
    assert_eq!(written.object.size, SIZE);
    let sink = Compared(Blocks::new());
    let read = workspace.engine.read_stream(&context, &acme, &docs, &name, sink).await.unwrap();
    // Each byte was compared on its way, and there were as many as there must be.
    assert_eq!(read.bytes, SIZE);
    // The end of so large a message without what is before it.
    let end = workspace
        .engine
        .read_range(&context, &acme, &docs, &name, SIZE - 100..SIZE + 100)
        .await
        .unwrap();
    let mut expected = Blocks::new();
    expected.at = SIZE - 100;
    assert_eq!(&end[..], expected.here());
    if let (Some(before), Some(peak)) = (before, resident("VmHWM")) {
        assert!(peak - before < MEMORY, "{} MiB more than before", (peak - before) >> 20);
    }
}

/// The free bytes of the file system that a folder is on, as `df` tells them.
fn free(folder: &std::path::Path) -> Option<u64> {
    let output = std::process::Command::new("df")
        .args(["--output=avail", "--block-size=1"])
        .arg(folder)
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.lines().nth(1)?.trim().parse().ok()
}

/// A figure of this process's memory in bytes, where the system tells it.
fn resident(what: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(what))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}
