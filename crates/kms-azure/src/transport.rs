//! How Azure is reached: one HTTP client for stores and for who gives tokens.

use std::{path::Path, sync::Arc, time::Duration};

use azure_core::http::{ClientOptions, RetryOptions, Transport};

/// How long a connection may take. A store is near or not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Why there is no HTTP client.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransportError {
    #[error("the file of certificate authorities can't be read: {0}")]
    Unreadable(#[source] std::io::Error),
    #[error("the file of certificate authorities holds none in PEM")]
    NoCertificate,
    #[error("there is no HTTP client: {0}")]
    Client(#[source] reqwest::Error),
}

/// Makes the client. It isn't held to TLS, which a managed identity's endpoint on the machine itself doesn't
/// speak; a store gets a token over nothing else (`BearerTokenAuthorizationPolicy`). Authorities of a file are trusted beside the system's own: a private gateway has one
/// of its own, and Microsoft Entra may be asked all the same.
pub(crate) fn transport(ca_file: Option<&Path>) -> Result<Transport, TransportError> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        // A store never redirects, and a token must not go where another server says.
        .redirect(reqwest::redirect::Policy::none());
    if let Some(file) = ca_file {
        let pem = std::fs::read(file).map_err(TransportError::Unreadable)?;
        let authorities = reqwest::Certificate::from_pem_bundle(&pem)
            .map_err(|_| TransportError::NoCertificate)?;
        if authorities.is_empty() {
            return Err(TransportError::NoCertificate);
        }
        builder = builder.tls_certs_merge(authorities);
    }
    Ok(Transport::new(Arc::new(builder.build().map_err(TransportError::Client)?)))
}

/// The options of every client. They don't retry: `call.rs` does, which knows what a call may take in all.
/// And a retry within the client would send the first request of all without its body, which the client
/// keeps back until it was challenged.
pub(crate) fn client_options(transport: &Transport) -> ClientOptions {
    ClientOptions {
        transport: Some(transport.clone()),
        retry: RetryOptions::none(),
        ..ClientOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_authorities_is_told() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        assert!(transport(None).is_ok());
        let missing = transport(Some(Path::new("/nonexistent/ca.pem")));
        assert!(matches!(missing, Err(TransportError::Unreadable(_))));
        let manifest = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        assert!(matches!(transport(Some(manifest)), Err(TransportError::NoCertificate)));
    }
}
