//! Data in and out.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    time::Instant,
};

use futures::{StreamExt, stream};
use keyward_engine::Source;

use super::{files::TourFile, life::Life, must};
use crate::{
    failure::Failure,
    render::{progress, size},
};

/// Objects on their way at the same time.
const AT_ONCE: usize = 4;
/// Bytes of the range that is read.
const RANGE: u64 = 1000;

impl Life {
    /// Writes all files.
    pub async fn put(&self) -> Result<String, Failure> {
        let bar = progress::bar(self.output, self.found.files.len() as u64, "writing");
        let began = Instant::now();
        let mut writing =
            stream::iter(self.found.files.iter().map(|file| self.put_one(file))).buffered(AT_ONCE);
        let (mut bytes, mut stored) = (0, 0);
        while let Some(outcome) = writing.next().await {
            let (size, stored_size) = outcome?;
            bytes += size;
            stored += stored_size;
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(format!(
            "wrote {}, {}, {}; stored as {} of ciphertext",
            size::count(self.found.files.len() as u64, "file"),
            size::bytes(bytes),
            rate(bytes, began),
            size::bytes(stored)
        ))
    }

    async fn put_one(&self, file: &TourFile) -> Result<(u64, u64), Failure> {
        let context = self.application()?;
        let source = Source::File(file.path.clone());
        let engine = self.engine();
        let written =
            engine.write(&context, &self.tenant, &self.dataset, &file.name, source).await?;
        Ok((written.object.size, written.object.stored_size))
    }

    /// Reads all files back and compares them.
    pub async fn get(&self) -> Result<String, Failure> {
        let bar = progress::bar(self.output, self.found.files.len() as u64, "reading");
        let began = Instant::now();
        let mut reading = stream::iter(self.found.files.iter().map(|file| self.reads_back(file)))
            .buffered(AT_ONCE);
        while let Some(outcome) = reading.next().await {
            outcome?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        let bytes = self.found.files.iter().map(|file| file.size).sum();
        Ok(format!(
            "read them back, {}, {}: every byte as it was",
            size::bytes(bytes),
            rate(bytes, began)
        ))
    }

    /// Reads a range out of the middle of the largest file.
    pub async fn get_range(&self) -> Result<String, Failure> {
        let file = self.largest()?;
        let start = file.size / 2;
        let range = start..file.size.min(start + RANGE);
        let context = self.application()?;
        let got = self
            .engine()
            .read_range(&context, &self.tenant, &self.dataset, &file.name, range.clone())
            .await?;
        let io = |error| Failure::io("read", file.path.display(), &error);
        let mut expected = Vec::new();
        let mut source = File::open(&file.path).map_err(io)?;
        source.seek(SeekFrom::Start(range.start)).map_err(io)?;
        source.take(range.end - range.start).read_to_end(&mut expected).map_err(io)?;
        must(got.as_slice() == expected, "the range came back other than it was")?;
        Ok(format!(
            "read bytes {} to {} of {} without the rest of its {}",
            range.start,
            range.end,
            file.name,
            size::bytes(file.size)
        ))
    }
}

/// Bytes a second since a moment.
fn rate(bytes: u64, began: Instant) -> String {
    let seconds = began.elapsed().as_secs_f64().max(1e-9);
    format!("{}/s", size::bytes((bytes as f64 / seconds) as u64))
}
