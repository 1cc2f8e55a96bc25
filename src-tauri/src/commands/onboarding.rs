//! Onboarding: a reference as it is typed, the key registered, its challenge run.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_core::{RootKeyId, RootKeyReference};
use keyward_engine::Answer;
use keyward_kms::SignatureAlgorithm;
use tauri::{AppHandle, State, ipc::Channel};

use crate::{
    desktop::Desktop,
    dialogs,
    failure::{CommandError, parse},
    views::{
        onboarding::{
            ChallengeItem, ChallengeStepView, KeyPolicyView, ReadPolicyView, RecognisedView,
        },
        tenant::RootKeyItem,
    },
};

/// No answer comes near it.
const LONGEST_ANSWER: usize = 64 * 1024;

/// What a text is taken for, as it is typed.
#[tauri::command]
#[specta::specta]
pub fn reference_recognise(text: String) -> RecognisedView {
    RecognisedView::of(&text)
}

/// What the tenant has to allow at its provider, in the provider's words. `principal` is as whom Keyward
/// calls the provider.
#[tauri::command]
#[specta::specta]
pub async fn key_policy(
    desktop: State<'_, Desktop>,
    tenant: String,
    reference: String,
    principal: Option<String>,
) -> Result<KeyPolicyView, CommandError> {
    let (session, context) = desktop.request()?;
    let (tenant, reference) = (parse(&tenant)?, parse(&reference)?);
    let principal = principal.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let engine = &session.workspace.engine;
    Ok(engine.key_policy(&context, &tenant, &reference, principal).await?.into())
}

/// The policy in force on a key, and how it differs from what is asked for.
#[tauri::command]
#[specta::specta]
pub async fn key_policy_read(
    desktop: State<'_, Desktop>,
    tenant: String,
    reference: String,
    principal: Option<String>,
) -> Result<ReadPolicyView, CommandError> {
    let (session, context) = desktop.request()?;
    let (tenant, reference) = (parse(&tenant)?, parse(&reference)?);
    let principal = principal.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let engine = &session.workspace.engine;
    Ok(engine.read_key_policy(&context, &tenant, &reference, principal).await?.into())
}

/// Registers a tenant's root key by its references: one, or one a region for a multi-Region key.
#[tauri::command]
#[specta::specta]
pub async fn root_key_register(
    desktop: State<'_, Desktop>,
    tenant: String,
    references: Vec<String>,
) -> Result<RootKeyItem, CommandError> {
    let (session, context) = desktop.request()?;
    let references = references
        .iter()
        .map(|reference| parse::<RootKeyReference>(reference))
        .collect::<Result<Vec<_>, _>>()?;
    let engine = &session.workspace.engine;
    Ok(engine.register_root_key(&context, &parse(&tenant)?, &references).await?.into())
}

/// Starts a challenge of the kind `decrypt`, `tag` or `attest`.
#[tauri::command]
#[specta::specta]
pub async fn challenge_start(
    desktop: State<'_, Desktop>,
    root_key: String,
    kind: String,
) -> Result<ChallengeItem, CommandError> {
    let (session, context) = desktop.request()?;
    let root_key: RootKeyId = parse(&root_key)?;
    let engine = &session.workspace.engine;
    Ok(engine.start_challenge(&context, &root_key, parse(&kind)?).await?.into())
}

/// What the tenant brings.
#[derive(Clone, Debug, serde::Deserialize, specta::Type)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum AnswerInput {
    /// `decrypt`: the nonce in base64, as the provider printed it.
    Decrypted {
        /// The nonce.
        nonce: String,
    },
    /// `tag`: the tag is on the key.
    Tagged,
    /// `attest`: an SSH signature by a key that the tenant enrolled.
    SshSignature {
        /// `-----BEGIN SSH SIGNATURE-----` and so on.
        signature: String,
    },
    /// `attest`: a signature by an asymmetric key in the root key's account.
    KmsSignature {
        /// The key that signed.
        key: String,
        /// `rsa-pss-sha256`, `rsa-pkcs1-sha256`, `ecdsa-p256-sha256` or `ecdsa-p384-sha384`.
        algorithm: String,
        /// The signature in base64.
        signature: String,
    },
}

impl AnswerInput {
    fn parse(self) -> Result<Answer, CommandError> {
        Ok(match self {
            Self::Decrypted { nonce } => Answer::Decrypted(decode(&nonce, "the nonce")?),
            Self::Tagged => Answer::Tagged,
            Self::SshSignature { signature } if signature.len() > LONGEST_ANSWER => {
                return Err(CommandError::invalid(
                    "the signature is too long; give the `.sig` file's text",
                ));
            }
            Self::SshSignature { signature } => Answer::SshSignature(signature),
            Self::KmsSignature { key, algorithm, signature } => Answer::KmsSignature {
                key: parse(&key)?,
                algorithm: signature_algorithm(&algorithm)?,
                signature: decode(&signature, "the signature")?,
            },
        })
    }
}

/// Checks the answer and probes the key; the tenant's first proven key becomes its active one. A wrong
/// answer spends the challenge. Tells each step once it is passed.
#[tauri::command]
#[specta::specta]
pub async fn challenge_answer(
    desktop: State<'_, Desktop>,
    id: String,
    answer: AnswerInput,
    steps: Channel<ChallengeStepView>,
) -> Result<RootKeyItem, CommandError> {
    let (session, context) = desktop.request()?;
    let (id, answer) = (parse(&id)?, answer.parse()?);
    // A page that was left listens no longer: the challenge goes on.
    let tell = |step| drop(steps.send(ChallengeStepView::from(step)));
    let engine = &session.workspace.engine;
    Ok(engine.answer_challenge_with(&context, id, &answer, &tell).await?.into())
}

/// Saves a statement to sign, to the byte, where the dialog says.
#[tauri::command]
#[specta::specta]
pub async fn statement_save(
    app: AppHandle,
    statement: String,
) -> Result<Option<String>, CommandError> {
    let Some(path) = dialogs::save(&app, "keyward-statement").await else { return Ok(None) };
    dialogs::write(&path, statement.as_bytes())?;
    Ok(Some(path.display().to_string()))
}

fn decode(text: &str, what: &str) -> Result<Vec<u8>, CommandError> {
    if text.len() > LONGEST_ANSWER {
        return Err(CommandError::invalid(format_args!("{what} is too long for one")));
    }
    BASE64_STANDARD.decode(text.trim()).map_err(|_| {
        CommandError::invalid(format_args!(
            "{what} is not base64; give it as the provider printed it"
        ))
    })
}

fn signature_algorithm(word: &str) -> Result<SignatureAlgorithm, CommandError> {
    Ok(match word {
        "rsa-pss-sha256" => SignatureAlgorithm::RsaPssSha256,
        "rsa-pkcs1-sha256" => SignatureAlgorithm::RsaPkcs1Sha256,
        "ecdsa-p256-sha256" => SignatureAlgorithm::EcdsaP256Sha256,
        "ecdsa-p384-sha384" => SignatureAlgorithm::EcdsaP384Sha384,
        other => {
            return Err(CommandError::invalid(format_args!(
                "there is no algorithm `{other}`; there are rsa-pss-sha256, rsa-pkcs1-sha256, \
                 ecdsa-p256-sha256 and ecdsa-p384-sha384"
            )));
        }
    })
}
