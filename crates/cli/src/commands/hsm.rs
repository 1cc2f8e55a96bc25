//! `keyward hsm`: the tokens of root keys over PKCS#11, and their owner's side.
//!
//! A token is named by the reference of a key on it. Its PIN is typed at a prompt or read from standard
//! input; it is never an argument and never printed.

use clap::Subcommand;
use keyward_core::{RootKeyReference, reference::Pkcs11Key};
use keyward_secrets::SecretText;
use keyward_workspace::{KeptPin, TokenKey};

use crate::{
    commands::{
        credentials::secret,
        keystore::{Pair, decrypt},
    },
    failure::Failure,
    render::table::{pairs, table},
    session::Session,
};

/// Make keys in HSMs, look at them, and keep their tokens' PINs
#[derive(Debug, Subcommand)]
pub enum Hsm {
    /// Keep the PIN of a key's token, once the token has taken it
    ///
    /// The PIN is asked for, or read from standard input's first line. It is tried once: a token locks
    /// after a few wrong ones.
    Pin {
        /// The key, or one that is to be made: `pkcs11:token=TOKEN;object=LABEL`
        key: RootKeyReference,
    },
    /// Forget the PIN of a key's token
    ForgetPin {
        /// The key
        key: RootKeyReference,
    },
    /// Make a root key: AES-256, which never leaves the token
    Create {
        /// The key: `pkcs11:token=TOKEN;object=LABEL`
        key: RootKeyReference,
    },
    /// Decrypt what the key wrapped: the answer to a challenge, or a data key
    ///
    /// A ciphertext that is given in base64 is answered in base64; without one, standard input's bytes
    /// are decrypted to standard output.
    Decrypt {
        /// The key
        key: RootKeyReference,
        /// The ciphertext
        #[arg(long, value_name = "BASE64")]
        ciphertext: Option<String>,
        /// A pair of the encryption context; all of them must be given
        #[arg(long = "context", value_name = "KEY=VALUE")]
        pairs: Vec<Pair>,
    },
    /// Show what a token says of a key, for it and against it
    Show {
        /// The key
        key: RootKeyReference,
    },
}

impl Hsm {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let workspace = &session.workspace;
        match self {
            Self::Pin { key } => {
                let key = on_token(&key)?;
                let context = session.administrator()?;
                let typed = secret("PIN: ")?;
                // Blanks may be part of a PIN; the line's end isn't.
                let pin = SecretText::new(typed.expose().trim_end_matches(['\r', '\n']).to_owned());
                let kept = workspace.set_token_pin(&context, key, &pin).await?;
                session.output.print(&kept, |kept| token("the PIN is kept", kept))
            }
            Self::ForgetPin { key } => {
                let context = session.administrator()?;
                let token_of = workspace.remove_token_pin(&context, on_token(&key)?).await?;
                session.output.print(&token_of, |kept| token("no PIN is kept now", kept))
            }
            Self::Create { key } => {
                let made = workspace.create_token_key(on_token(&key)?).await?;
                session.output.print(&made, describe)
            }
            Self::Decrypt { key, ciphertext, pairs } => {
                on_token(&key)?;
                decrypt(session, workspace.hsm(), &key, ciphertext.as_deref(), pairs).await
            }
            Self::Show { key } => {
                let shown = workspace.token_key(on_token(&key)?).await?;
                session.output.print(&shown, describe)
            }
        }
    }
}

fn on_token(key: &RootKeyReference) -> Result<&Pkcs11Key, Failure> {
    match key {
        RootKeyReference::Pkcs11(key) => Ok(key),
        other => Err(Failure::usage(format_args!(
            "`{other}` is not on a token; a reference to one looks like `pkcs11:token=TOKEN;object=LABEL`"
        ))),
    }
}

fn token(what: &str, kept: &KeptPin) -> String {
    let KeptPin { token, manufacturer, model, serial } = kept;
    format!("{what}: token `{token}` ({manufacturer} {model}, serial {serial})\n")
}

fn describe(key: &TokenKey) -> String {
    let description = &key.description;
    let state = serde_json::to_value(description.state).ok();
    let above = pairs(&[
        ("reference", Some(key.reference.clone())),
        ("state", state.and_then(|state| state.as_str().map(str::to_owned))),
        ("version", Some(description.version.to_string())),
    ]);
    let rows = key.evidence.iter().map(|evidence| {
        let speaks = match evidence.speaks_for {
            Some(true) => "for it",
            Some(false) => "against it",
            None => "",
        };
        vec![evidence.name.into(), evidence.value.clone(), speaks.into()]
    });
    format!("{above}\n{}", table(&["evidence", "the token says", "speaks"], rows.collect(), "none"))
}
