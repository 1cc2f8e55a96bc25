//! A bearer token in a file, which somebody else renews: a sidecar, a broker, an operator.

use std::path::PathBuf;

use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    error::{Error, ErrorKind},
    time::{Duration, OffsetDateTime},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use zeroize::Zeroizing;

/// For how long a token of a form that we don't know is taken to be good. The file is read again then.
const UNKNOWN_LIFETIME: Duration = Duration::minutes(10);
/// A token has a few kilobytes.
const LONGEST_FILE: u64 = 1 << 16;

/// Reads the token anew each time it is asked for one, which is when the one before is about to expire or
/// was refused.
#[derive(Debug)]
pub(crate) struct TokenFile {
    path: PathBuf,
}

#[derive(Deserialize)]
struct Claims {
    exp: i64,
}

impl TokenFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    async fn read(&self) -> std::io::Result<Zeroizing<String>> {
        if tokio::fs::metadata(&self.path).await?.len() > LONGEST_FILE {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        Ok(Zeroizing::new(tokio::fs::read_to_string(&self.path).await?))
    }
}

#[async_trait]
impl TokenCredential for TokenFile {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let text = self.read().await.map_err(|error| {
            let message = format!("the token file `{}` can't be read", self.path.display());
            Error::with_error(ErrorKind::Credential, error, message)
        })?;
        let token = text.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = format!("the token file `{}` holds no token", self.path.display());
            return Err(Error::with_message(ErrorKind::Credential, message));
        }
        let expires = expiry(token).unwrap_or_else(|| OffsetDateTime::now_utc() + UNKNOWN_LIFETIME);
        Ok(AccessToken::new(Secret::new(token.to_owned()), expires))
    }
}

/// When a JSON Web Token expires (RFC 7519, 4.1.4). Only the server verifies it.
fn expiry(token: &str) -> Option<OffsetDateTime> {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    OffsetDateTime::from_unix_timestamp(claims.exp).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_when_it_expires() {
        let token = |claims: &str| format!("e30.{}.sig", BASE64_URL_SAFE_NO_PAD.encode(claims));
        let expected = OffsetDateTime::from_unix_timestamp(1_800_000_000).ok();
        assert_eq!(expiry(&token(r#"{"exp":1800000000,"aud":"x"}"#)), expected);
        for bad in
            [token("{}"), token("{"), token(r#"{"exp":"x"}"#), "opaque".into(), "a.!.c".into()]
        {
            assert_eq!(expiry(&bad), None, "{bad}");
        }
        assert_eq!(expiry(&token(&format!(r#"{{"exp":{}}}"#, i64::MAX))), None);
    }
}
