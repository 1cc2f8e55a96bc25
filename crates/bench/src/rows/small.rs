//! `small-*`: messages of 1 KiB, each with an object key of its own, on one core.

use keyward_envelope::{Randomness, ReadOptions, Sealing, open, seal};

use super::{bare::Message, context, keyring};
use crate::{
    bench::{Bench, Row},
    error::BenchError,
    peers::SmallMessages,
    samples::Samples,
};

/// Messages a second that are demanded of the machine in `docs/benchmarks.md` when idle.
const FLOOR: f64 = 250_000.0;

/// Times a peer.
const OF_PEERS: f64 = 10.0;

const WAYS: [&str; 2] = ["encrypt", "decrypt"];

/// A client of the AWS Encryption SDK.
struct Peer {
    name: &'static str,
    what: &'static str,
    client: SmallMessages,
    messages: u32,
    times: [Samples; 2],
}

/// Measures all of them in the same rounds.
pub fn rows(bench: &mut Bench) -> Result<(), BenchError> {
    let messages: u32 = bench.size(100_000, 10_000);
    let mut peers = peers(bench);
    let (keyring, context) = (keyring()?, context());
    let sealing = Sealing::new(&keyring, &context);
    let options = ReadOptions::default();
    let plaintext = [7; 1024];
    let sealed = seal(&sealing, Randomness::draw()?, &plaintext)?;
    let bare = Message::new();
    let (mut ours, mut floor) = (<[Samples; 2]>::default(), <[Samples; 2]>::default());
    for _ in 0..bench.size(9, 3) {
        ours[0].time(|| {
            (0..messages).try_for_each(|_| {
                let message = seal(&sealing, Randomness::draw()?, &plaintext)?;
                std::hint::black_box(message);
                Ok::<_, BenchError>(())
            })
        })?;
        floor[0].time(|| (0..messages).try_for_each(|_| bare.run(true)))?;
        ours[1].time(|| {
            (0..messages).try_for_each(|_| {
                std::hint::black_box(open(&sealed, &keyring, &options)?);
                Ok::<_, BenchError>(())
            })
        })?;
        floor[1].time(|| (0..messages).try_for_each(|_| bare.run(false)))?;
        for peer in &mut peers {
            for (way, what) in WAYS.into_iter().enumerate() {
                peer.times[way].add(peer.client.time(what, peer.messages)?);
            }
        }
    }
    let rate = |times: &Samples| times.rate(messages.into());
    let beside = "demanded of the idle machine";
    let row = Row::rate("small-floor", "a second", beside, [rate(&ours[0]), FLOOR]);
    bench.row(row.at_least(1.0));
    for (way, what) in WAYS.into_iter().enumerate() {
        let rates = [rate(&ours[way]), rate(&floor[way])];
        let row = Row::rate(&format!("small-{what}"), "a second", "the bare loop", rates);
        bench.row(row);
        for peer in &peers {
            let rates = [rate(&ours[way]), peer.times[way].rate(peer.messages.into())];
            let row =
                Row::rate(&format!("small-{what}-{}", peer.name), "a second", peer.what, rates);
            bench.row(row.at_least(OF_PEERS));
        }
    }
    Ok(())
}

/// The peers that are here. Each is asked for so many messages that a round of it takes about half a
/// second.
fn peers(bench: &mut Bench) -> Vec<Peer> {
    let mut peers = Vec::new();
    for (name, what, messages, start) in [
        (
            "python",
            "`aws-encryption-sdk` in Python",
            2000,
            SmallMessages::python as fn() -> Result<SmallMessages, String>,
        ),
        ("node", "`@aws-crypto/client-node` in Node", 500, SmallMessages::node),
        ("rust", "the crate `aws-esdk`", 4000, SmallMessages::rust),
    ] {
        let rows = WAYS.map(|way| format!("small-{way}-{name}"));
        if !rows.iter().any(|row| bench.wants(row)) {
            continue;
        }
        match start() {
            Ok(client) => {
                let messages = bench.size(messages, messages / 10);
                peers.push(Peer { name, what, client, messages, times: Default::default() });
            }
            Err(reason) => rows.iter().for_each(|row| bench.skip(row, &reason)),
        }
    }
    peers
}
