//! The official AWS Encryption SDK for Rust, timed: `encrypt N` or `decrypt N` a line on standard
//! input, the seconds for N messages of 1 KiB a line on standard output.

use std::{collections::HashMap, error::Error, io::BufRead, time::Instant};

use aws_esdk::{
    client::Client,
    material_providers::{
        client::Client as Materials,
        types::{
            AesWrappingAlg, EsdkAlgorithmSuiteId,
            material_providers_config::MaterialProvidersConfig,
        },
    },
    types::aws_encryption_sdk_config::AwsEncryptionSdkConfig,
};

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let client = Client::from_conf(AwsEncryptionSdkConfig::builder().build()?)?;
    let materials = Materials::from_conf(MaterialProvidersConfig::builder().build()?)?;
    let keyring = materials
        .create_raw_aes_keyring()
        .key_namespace("keyward:acme")
        .key_name("invoices/1")
        .wrapping_key(vec![9; 32])
        .wrapping_alg(AesWrappingAlg::AlgAes256GcmIv12Tag16)
        .send()
        .await?;
    let context: HashMap<String, String> = [
        ("keyward:tenant", "acme"),
        ("keyward:dataset", "invoices"),
        ("keyward:object", "0123456789abcdef0123456789abcdef"),
        ("keyward:name", "2026/11/24/0001.pdf"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    let plaintext = vec![7; 1024];
    let encrypt = async || {
        let call = client.encrypt().plaintext(plaintext.clone()).keyring(keyring.clone());
        call.encryption_context(context.clone())
            .algorithm_suite_id(EsdkAlgorithmSuiteId::AlgAes256GcmHkdfSha512CommitKey)
            .send()
            .await
    };
    let sealed = encrypt().await?.ciphertext.ok_or("no ciphertext")?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (what, count) = line.split_once(' ').ok_or("`encrypt N` or `decrypt N`")?;
        let count: u32 = count.parse()?;
        let start = Instant::now();
        for _ in 0..count {
            if what == "encrypt" {
                encrypt().await?;
            } else {
                client.decrypt().ciphertext(sealed.clone()).keyring(keyring.clone()).send().await?;
            }
        }
        println!("{}", start.elapsed().as_secs_f64());
    }
    Ok(())
}
