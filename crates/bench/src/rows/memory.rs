//! `stream-memory-*`: a stream in memory on all cores, beside AES-256-GCM alone on all cores.

use keyward_envelope::{Randomness, ReadOptions, Sealing, open_into, seal_into};

use super::{
    bare::{CHUNK, Stream, TAG},
    context, keyring,
};
use crate::{
    bench::{Bench, Row},
    error::BenchError,
    samples::Samples,
};

const AT_LEAST: f64 = 0.85;

/// Measures both ways.
pub fn rows(bench: &mut Bench) -> Result<(), BenchError> {
    let length: usize = bench.size(1 << 30, 64 << 20);
    let (keyring, context) = (keyring()?, context());
    let sealing = Sealing::new(&keyring, &context);
    let bare = Stream::new()?;
    let too_long = |_| BenchError::Unmeasured("the message does not fit into memory".into());
    let sealed_length = usize::try_from(sealing.sealed_length(length as u64)?).map_err(too_long)?;
    // Written to before anything is timed, so that no page is new to the first contestant alone.
    let mut plaintext = vec![7; length];
    let mut sealed = vec![1; sealed_length];
    let mut bare_sealed = vec![1; length + length.div_ceil(CHUNK) * TAG];
    let (mut ours, mut beside) = (both(), both());
    for _ in 0..bench.size(9, 3) {
        let randomness = Randomness::draw()?;
        ours[0].time(|| seal_into(&sealing, randomness, &plaintext, &mut sealed))?;
        beside[0].time(|| bare.seal(&plaintext, &mut bare_sealed))?;
        let options = ReadOptions::default();
        ours[1].time(|| open_into(&sealed, &keyring, &options, &mut plaintext).map(drop))?;
        beside[1].time(|| bare.open(&bare_sealed, &mut plaintext))?;
    }
    for (index, name) in ["stream-memory-encrypt", "stream-memory-decrypt"].into_iter().enumerate()
    {
        let rates = [&ours[index], &beside[index]].map(|times| times.rate(length as f64 / 1e9));
        let beside = "AES-256-GCM of aws-lc-rs, all cores";
        bench.row(Row::rate(name, "GB/s", beside, rates).at_least(AT_LEAST));
    }
    Ok(())
}

/// Encrypting and decrypting.
fn both() -> [Samples; 2] {
    Default::default()
}
