//! What the tenant runs to answer a challenge, with its own tools and credentials.

use std::path::Path;

use keyward_core::{RootKeyReference, reference::AwsResource};

use crate::{ChallengeKind, ChallengeView, azure_commands};

impl ChallengeView {
    /// What the tenant runs with its own credentials, for a POSIX shell; nothing where its provider has
    /// no such command. `statement` is the file that holds the statement of an attestation, if it is in one.
    #[must_use]
    pub fn command(&self, statement: Option<&Path>) -> Option<String> {
        let reference: RootKeyReference = self.reference.parse().ok()?;
        match self.kind {
            ChallengeKind::Decrypt => {
                let blob = self.ciphertext.as_deref()?;
                let context = self.encryption_context.as_ref()?;
                match &reference {
                    RootKeyReference::Aws(key) => {
                        let context = shell_word(&serde_json::to_string(context).ok()?);
                        // Through a file: the command's two versions take a blob on the command line
                        // differently, and `fileb://` alike.
                        Some(format!(
                            "echo {blob} | base64 -d > challenge.bin && aws kms decrypt --region {} \
                             --key-id {key} --encryption-context {context} \
                             --ciphertext-blob fileb://challenge.bin --query Plaintext --output text",
                            key.region()
                        ))
                    }
                    RootKeyReference::Azure(key) => {
                        Some(format!("{} | base64", azure_commands::unwrap(key, blob)?))
                    }
                    RootKeyReference::Pkcs11(key) => {
                        let pairs: Vec<String> = context
                            .iter()
                            .map(|(name, value)| {
                                format!("--context {}", shell_word(&format!("{name}={value}")))
                            })
                            .collect();
                        Some(format!(
                            "keyward hsm decrypt {} {} --ciphertext {blob}",
                            shell_word(&key.to_string()),
                            pairs.join(" ")
                        ))
                    }
                    RootKeyReference::Local(key) => {
                        let pairs: Vec<String> = context
                            .iter()
                            .map(|(name, value)| {
                                format!("--context {}", shell_word(&format!("{name}={value}")))
                            })
                            .collect();
                        Some(format!(
                            "keyward keystore decrypt {} {} --ciphertext {blob}",
                            key.name(),
                            pairs.join(" ")
                        ))
                    }
                    _ => None,
                }
            }
            ChallengeKind::Tag => {
                let (name, value) = (self.tag_key.as_deref()?, self.tag_value.as_deref()?);
                match &reference {
                    RootKeyReference::Aws(key) => {
                        let region = key.region();
                        // TagResource takes no alias.
                        let key = match key.resource() {
                            AwsResource::Alias(_) => format!(
                                "$(aws kms describe-key --region {region} --key-id {key} --query KeyMetadata.Arn --output text)"
                            ),
                            AwsResource::Key(_) | AwsResource::MultiRegionKey(_) => key.to_string(),
                        };
                        Some(format!(
                            "aws kms tag-resource --region {region} --key-id {key} --tags TagKey={name},TagValue={value}"
                        ))
                    }
                    RootKeyReference::Azure(key) => Some(format!(
                        "az keyvault key set-attributes --id {key} --tags {name}={value}"
                    )),
                    RootKeyReference::Local(key) => {
                        Some(format!("keyward keystore tag {} {name} {value}", key.name()))
                    }
                    _ => None,
                }
            }
            ChallengeKind::Attest => {
                let namespace = self.ssh_namespace.as_deref()?;
                let sign = "ssh-keygen -Y sign -f ~/.ssh/id_ed25519 -n";
                Some(match statement {
                    Some(file) => {
                        format!("{sign} {namespace} {}", shell_word(&file.to_string_lossy()))
                    }
                    None => {
                        let lines: Vec<String> =
                            self.statement.as_deref()?.lines().map(shell_word).collect();
                        format!(
                            "printf '%s\\n' {} > keyward-statement && {sign} {namespace} keyward-statement",
                            lines.join(" ")
                        )
                    }
                })
            }
        }
    }

    /// The same attestation by an asymmetric key in AWS KMS or Azure, where the root key is there too.
    #[must_use]
    pub fn alternative(&self, statement: Option<&Path>) -> Option<String> {
        let reference: RootKeyReference = self.reference.parse().ok()?;
        self.statement.as_ref()?;
        let file = statement.map_or("keyward-statement".into(), |file| file.to_string_lossy());
        let (file, id) = (shell_word(&file), self.id);
        match reference {
            RootKeyReference::Aws(key) => Some(format!(
                "aws kms sign --region {} --key-id SIGNING-KEY --message-type RAW --message fileb://{file} \
                 --signing-algorithm ECDSA_SHA_256 --query Signature --output text > keyward-statement.sig && \
                 keyward challenge answer {id} --kms-signature keyward-statement.sig \
                 --signing-key SIGNING-KEY-ARN --algorithm ecdsa-p256-sha256",
                key.region(),
            )),
            // By RSA: Azure gives an ECDSA signature in another form than everybody else.
            RootKeyReference::Azure(key) => Some(format!(
                "az keyvault key sign --id {0}/keys/SIGNING-KEY --algorithm RS256 \
                 --digest \"$(openssl dgst -sha256 -binary {file} | base64)\" --query signature --output tsv \
                 > keyward-statement.sig && keyward challenge answer {id} \
                 --kms-signature keyward-statement.sig --signing-key {0}/keys/SIGNING-KEY \
                 --algorithm rsa-pkcs1-sha256",
                key.store_url(),
            )),
            _ => None,
        }
    }

    /// What answers the challenge then.
    #[must_use]
    pub fn answer(&self, statement: Option<&Path>) -> String {
        let how = match self.kind {
            ChallengeKind::Decrypt => "--nonce BASE64".into(),
            ChallengeKind::Tag => "--tagged".into(),
            ChallengeKind::Attest => {
                // `ssh-keygen` puts a signature beside the file.
                let file =
                    statement.map_or("keyward-statement".into(), |file| file.to_string_lossy());
                format!("--ssh-signature {}", shell_word(&format!("{file}.sig")))
            }
        };
        format!("keyward challenge answer {} {how}", self.id)
    }
}

/// Text for a POSIX shell, as one word.
fn shell_word(text: &str) -> String {
    let plain = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_word_back() {
        assert_eq!(shell_word("local:acme-root"), "local:acme-root");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("it's $HOME"), "'it'\\''s $HOME'");
    }
}
