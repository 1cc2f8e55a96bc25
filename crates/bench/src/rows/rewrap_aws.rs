//! `rewrap-aws`: data keys rewrapped through the AWS peer, beside the bare SDK's ReEncrypt at the same
//! concurrency.

use std::sync::Arc;

use aws_sdk_kms::{Client, primitives::Blob};
use futures::{StreamExt, TryStreamExt};
use keyward_core::{DataKeyId, EncryptionContext, SecretKey};
use keyward_tests::peers::aws::AwsPeer;

use super::rewrap_local::rotate_and_rewrap;
use crate::{
    bench::{Bench, Row},
    error::BenchError,
    peers,
    samples::Samples,
    workspace::Workspace,
};

const AT_LEAST: f64 = 0.9;

/// Calls in flight, on both sides.
const CALLS: usize = 32;

const REGION: &str = "us-west-1";

/// Measures it.
pub fn rows(bench: &mut Bench) -> Result<(), BenchError> {
    let name = "rewrap-aws";
    if peers::python().is_none() {
        bench.skip(name, "no Python environment: `cargo xtask setup` makes it");
        return Ok(());
    }
    let Some(peer) = AwsPeer::start(name) else { return Ok(()) };
    let keys: u32 = bench.size(2000, 200);
    let rounds = bench.size(5, 3);
    let times = bench.runtime.block_on(measure(&peer, keys, rounds))?;
    let rates = times.map(|times| times.rate(keys.into()));
    let beside = format!("the bare SDK's ReEncrypt, {CALLS} in flight");
    bench.row(Row::rate(name, "keys/s", &beside, rates).at_least(AT_LEAST));
    Ok(())
}

async fn measure(peer: &AwsPeer, keys: u32, rounds: u32) -> Result<[Samples; 2], BenchError> {
    let root_key = peer.create_key(REGION).await;
    let kms = Arc::new(peer.kms_builder().concurrency(CALLS).build());
    let workspace = Workspace::with(&std::env::temp_dir(), kms, root_key).await?;
    // One less: the dataset that comes with the workspace has a data key too.
    workspace.add_data_keys(1, keys - 1).await?;
    let bare = Bare::new(peer.client(REGION), &workspace, keys).await?;
    let (mut ours, mut beside) = (Samples::default(), Samples::default());
    for _ in 0..rounds {
        let rewrapped = ours.wait(rotate_and_rewrap(&workspace)).await?;
        if rewrapped != u64::from(keys) {
            return Err(BenchError::Unmeasured(format!("{rewrapped} data keys were rewrapped")));
        }
        beside.wait(bare.re_encrypt()).await?;
    }
    Ok([ours, beside])
}

/// The SDK's own client, with ciphertexts and contexts like ours.
struct Bare {
    client: Client,
    key: String,
    items: Vec<(Vec<u8>, EncryptionContext)>,
}

impl Bare {
    async fn new(client: Client, workspace: &Workspace, keys: u32) -> Result<Self, BenchError> {
        let (service, key) = (&workspace.service, &workspace.key);
        let wrap = |version| async move {
            let dataset = workspace.dataset.clone();
            let id = DataKeyId { tenant: workspace.tenant.clone(), dataset, version };
            let context = EncryptionContext::for_data_key(&id);
            let wrapped = service.wrap(key, &context, &SecretKey::new([3; 32])).await?;
            Ok::<_, BenchError>((wrapped.blob, context))
        };
        let items = futures::stream::iter(1..=keys).map(wrap).buffered(CALLS);
        Ok(Self { client, key: key.to_string(), items: items.try_collect().await? })
    }

    async fn re_encrypt(&self) -> Result<(), BenchError> {
        let call = |(blob, context): &(Vec<u8>, EncryptionContext)| {
            let context = context.iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
            let context = Some(context.collect());
            self.client
                .re_encrypt()
                .source_key_id(&self.key)
                .destination_key_id(&self.key)
                .ciphertext_blob(Blob::new(blob.as_slice()))
                .set_source_encryption_context(context.clone())
                .set_destination_encryption_context(context)
                .send()
        };
        futures::stream::iter(self.items.iter().map(call))
            .buffer_unordered(CALLS)
            .try_for_each(|_| std::future::ready(Ok(())))
            .await
            .map_err(|error| BenchError::Peer {
                program: "ReEncrypt".into(),
                detail: error.to_string(),
            })
    }
}
