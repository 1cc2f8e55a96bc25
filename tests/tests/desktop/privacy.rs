//! No answer that crosses into the web view holds a passphrase, a key or a plaintext, on any page.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_tests::{
    command::{PASSPHRASE, contains},
    window::PAGES,
};

use crate::scene::{Done, Scene};

const PLAINTEXT: &[u8] = b"the tapir signs at noon";
const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const TYPED: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

#[tokio::test]
async fn no_secret_crosses_into_the_web_view() -> Done {
    let Some(scene) = Scene::with_workspace("desktop::no_secret_crosses_into_the_web_view") else {
        return Ok(());
    };
    scene.tenant("acme", PLAINTEXT);
    let mut secrets =
        vec![PASSPHRASE.as_bytes().to_vec(), PLAINTEXT.to_vec(), TYPED.as_bytes().to_vec()];
    let keys = data_keys(&scene)?;
    assert!(!keys.is_empty(), "the exit kit has no data keys");
    secrets.extend(keys);

    let window = scene.unlocked().await?;
    for page in PAGES.iter().filter(|page| !page.contains("initech")) {
        // A record's page needs the record; all that matters here is what was answered.
        window.go(page).await.or_else(|error| {
            println!("{error}");
            Ok::<(), std::convert::Infallible>(())
        })?;
    }
    // What is typed in goes one way only.
    window.go("settings").await?;
    window.click("Keep a credential").await?;
    window.fill("Access key id", ACCESS_KEY).await?;
    window.fill("Secret access key", TYPED).await?;
    window.click("Keep it").await?;
    window.sees("it is never shown again").await?;
    let listed = scene.terminal.json(&["credentials", "list"]);
    assert_eq!(listed["credentials"][0]["identity"], ACCESS_KEY);
    scene.terminal.never_printed(TYPED.as_bytes());
    let page = window.run("return document.documentElement.outerHTML;", Vec::new()).await?;
    assert!(!page.to_string().contains(TYPED), "the page keeps what was typed");

    // What uses the keys: they are unwrapped, and wrapped again.
    window.go("rotation?tenant=acme").await?;
    window.click("Rotate now").await?;
    window.click("Rotate Acme’s root key").await?;
    window.sees("wraps with version 2").await?;
    window.click("Forecast").await?;
    window.sees("Objects touched").await?;
    window.click("Start the rewrap").await?;
    window.sees("to rk:acme/1 version 2").await?;
    window.go("audit").await?;
    window.click("Verify now").await?;
    window.sees("records are what was written").await?;

    let answers = window.answers().await?;
    let asked = |command: &str| answers.iter().any(|(url, _)| url.contains(command));
    for command in
        ["workspace_unlock", "tenants_list", "root_key_rotate", "rewrap_start", "credential_set"]
    {
        assert!(asked(command), "no answer to `{command}` was kept");
    }
    for (url, answer) in &answers {
        for secret in &secrets {
            for form in forms(secret) {
                assert!(!contains(answer.as_bytes(), &form), "the answer to {url} has a secret");
            }
        }
    }
    println!("{} answers hold none of {} secrets", answers.len(), secrets.len());
    Ok(window.close().await?)
}

/// How a secret could stand in an answer: as it is, in hex, in base64, as JSON's numbers.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let numbers: Vec<String> = secret.iter().map(u8::to_string).collect();
    vec![
        secret.to_vec(),
        hex::encode(secret).into_bytes(),
        BASE64_STANDARD.encode(secret).trim_end_matches('=').as_bytes().to_vec(),
        numbers.join(",").into_bytes(),
    ]
}

/// Every data key, as the tenant opens it by the commands of its exit kit.
fn data_keys(scene: &Scene) -> Result<Vec<Vec<u8>>, Box<dyn std::error::Error>> {
    let kit = scene.terminal.path("kit");
    scene.terminal.json(&["exit-kit", "acme", "kit"]);
    let mut keys = Vec::new();
    for line in std::fs::read_to_string(kit.join("README.md"))?.lines() {
        let Some((command, files)) = line.split_once(" < ") else { continue };
        if !command.starts_with("keyward keystore decrypt ") {
            continue;
        }
        let wrapped = files.split_whitespace().next().ok_or("no file is named")?;
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        let output = scene.terminal.run(&words, &std::fs::read(kit.join(wrapped))?);
        assert!(output.status.success(), "{command}");
        keys.push(output.stdout);
    }
    Ok(keys)
}
