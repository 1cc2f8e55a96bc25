//! A tenant's onboarding from its registration to its proven key, in the window; its answers come from
//! where the tenant has its key.

use aws_sdk_kms::types::Tag;
use keyward_tests::{peers::aws::AwsPeer, window::Window};
use serde_json::Value;

use crate::scene::{Done, Scene, name_of};

#[tokio::test]
async fn a_tenant_is_onboarded_with_a_key_of_the_local_store() -> Done {
    let name = "desktop::a_tenant_is_onboarded_with_a_key_of_the_local_store";
    let Some(scene) = Scene::with_workspace(name) else { return Ok(()) };
    let window = scene.unlocked().await?;
    register(&window, "acme").await?;
    window.fill("Root key reference", "local:acme-root").await?;
    window.click("Make it for acme").await?;
    window.sees("acme may wrap and unwrap with it").await?;
    window.click("Register the root key").await?;
    window.click("Start the challenge").await?;
    window.sees("What the command printed, in base64").await?;
    let nonce = scene.decrypted(&command(&window).await?);
    window.fill("What the command printed, in base64", &nonce).await?;
    window.click("Check it").await?;
    window.sees("rk:acme/1 is proven, and Acme is active").await?;
    assert_eq!(scene.terminal.json(&["tenant", "show", "acme"])["state"], "active");
    Ok(window.close().await?)
}

#[tokio::test]
async fn a_tenant_is_onboarded_with_a_key_in_aws() -> Done {
    let name = "desktop::a_tenant_is_onboarded_with_a_key_in_aws";
    let Some(mut scene) = Scene::with_workspace(name) else { return Ok(()) };
    let Some(peer) = AwsPeer::start(name) else { return Ok(()) };
    let arn = peer.create_key("eu-central-1").await.to_string();
    scene.surroundings.set(peer.environment());
    scene.surroundings.set([("KEYWARD_AWS_ENDPOINT", peer.endpoint().to_owned())]);
    let window = scene.unlocked().await?;
    register(&window, "acme").await?;
    window.fill("Root key reference", &arn).await?;
    window.click("Register the root key").await?;
    window.click("Tag").await?;
    window.click("Start the challenge").await?;
    window.sees("The tag is set").await?;
    let facts =
        "return Array.from(document.querySelectorAll('dl dd code'), (one) => one.textContent);";
    let facts: Vec<String> = serde_json::from_value(window.run(facts, Vec::new()).await?)?;
    let at = facts.iter().position(|fact| fact.starts_with("keyward")).expect("the tag's key");
    let tag = Tag::builder().tag_key(&facts[at]).tag_value(&facts[at + 1]).build()?;
    peer.client("eu-central-1").tag_resource().key_id(&arn).tags(tag).send().await?;
    window.click("The tag is set: check it").await?;
    window.sees("rk:acme/1 is proven, and Acme is active").await?;
    Ok(window.close().await?)
}

/// Registers a tenant, and comes to the page of its onboarding.
async fn register(window: &Window, id: &str) -> Done {
    window.go("onboarding").await?;
    window.click("Onboard a tenant").await?;
    window.fill("Id", id).await?;
    window.fill("Name", &name_of(id)).await?;
    window.click("Register").await?;
    Ok(window.ready(&format!("onboarding/{id}")).await?)
}

/// The command that the challenge shows to the tenant.
async fn command(window: &Window) -> Result<String, Box<dyn std::error::Error>> {
    let script = "return Array.from(document.querySelectorAll('main pre'), (one) => one.textContent)\
                  .find((text) => text.startsWith('keyward ')) ?? null;";
    match window.run(script, Vec::new()).await? {
        Value::String(command) => Ok(command),
        other => Err(format!("no command is shown: {other}").into()),
    }
}
