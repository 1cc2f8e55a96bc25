//! The signature of a signed message (data-format/message-footer.md): ECDSA over P-384 with SHA-384,
//! over header and body.

use aws_lc_rs::{
    digest::{Context, SHA384},
    signature::{ECDSA_P384_SHA384_ASN1, UnparsedPublicKey},
};
use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{EnvelopeError, Field, Header, error::malformed};

/// Where a writer puts its public key (framework/default-cmm.md, "Decrypt Materials").
const PUBLIC_KEY: &str = "aws-crypto-public-key";

/// Hashes a message as it is read.
pub(crate) struct SignatureCheck {
    digest: Context,
    public_key: Vec<u8>,
}

impl SignatureCheck {
    /// For a signed suite, starts with the header; `None` for the others.
    pub(crate) fn start(header: &Header) -> Result<Option<Self>, EnvelopeError> {
        let key = header.context().get(PUBLIC_KEY);
        if !header.suite().is_signed() {
            // default-cmm.md: without a signature algorithm, a public key in the context is an
            // attempt to pass a signed message off as an unsigned one.
            return if key.is_some() { Err(malformed(Field::PublicKey)) } else { Ok(None) };
        }
        let key = key.ok_or_else(|| malformed(Field::PublicKey))?;
        // algorithm-suites.md, "ECDSA": base64 of the compressed point (SEC 1, 2.3.3).
        let public_key = BASE64_STANDARD.decode(key).map_err(|_| malformed(Field::PublicKey))?;
        if public_key.len() != 49 {
            return Err(malformed(Field::PublicKey));
        }
        let mut digest = Context::new(&SHA384);
        digest.update(header.as_bytes());
        Ok(Some(Self { digest, public_key }))
    }

    pub(crate) fn update(&mut self, body: &[u8]) {
        self.digest.update(body);
    }

    pub(crate) fn verify(self, signature: &[u8]) -> Result<(), EnvelopeError> {
        UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, &self.public_key)
            .verify_digest(&self.digest.finish(), signature)
            .map_err(|_| EnvelopeError::Rejected)
    }
}
