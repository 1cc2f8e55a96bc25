//! How Azure's failures become reasons: one table for its codes, one function for everything that
//! happens before an answer with a code.

use std::{error::Error as _, time::Duration};

use azure_core::{
    error::{Error, ErrorKind},
    http::{
        RawResponse,
        headers::{HeaderName, Headers},
    },
};
use keyward_core::{Provider, reference::AzureKey};
use keyward_kms::{KmsError, Reason};
use serde::Deserialize;

/// The answers of Key Vault and Managed HSM that aren't a success: status, `error.code`,
/// `error.innererror.code`, and what they mean. A row without an inner code is for every other one.
const CODES: &[(u16, &str, &str, Reason)] = &[
    // The owner's will: an access policy, a role, or the network that it lets in.
    (403, "Forbidden", "AccessDenied", Reason::AccessDenied),
    (403, "Forbidden", "ForbiddenByConnection", Reason::AccessDenied),
    (403, "Forbidden", "ForbiddenByFirewall", Reason::AccessDenied),
    (403, "Forbidden", "ForbiddenByPolicy", Reason::AccessDenied),
    (403, "Forbidden", "ForbiddenByRbac", Reason::AccessDenied),
    (403, "Forbidden", "", Reason::AccessDenied),
    (403, "AccessDenied", "", Reason::AccessDenied),
    // The key's state.
    (403, "Forbidden", "KeyDisabled", Reason::Disabled),
    (403, "Forbidden", "KeyExpired", Reason::NotUsable),
    (403, "Forbidden", "KeyNotYetValid", Reason::NotUsable),
    (403, "Forbidden", "KeyOperationForbidden", Reason::NotUsable),
    (404, "KeyNotFound", "ObjectIsDeletedButRecoverable", Reason::PendingDeletion),
    (409, "Conflict", "ObjectIsDeletedButRecoverable", Reason::PendingDeletion),
    (409, "Conflict", "ObjectIsBeingDeleted", Reason::PendingDeletion),
    (404, "KeyNotFound", "", Reason::NotFound),
    (404, "NotFound", "", Reason::NotFound),
    (404, "ResourceNotFound", "", Reason::NotFound),
    (404, "VaultNotFound", "", Reason::NotFound),
    // Rates, and another change that is under way.
    (409, "Conflict", "", Reason::Throttled { retry_after: None }),
    (409, "ConflictError", "", Reason::Throttled { retry_after: None }),
    (429, "Throttled", "", Reason::Throttled { retry_after: None }),
    (429, "TooManyRequests", "", Reason::Throttled { retry_after: None }),
    (503, "ServerBusy", "", Reason::Throttled { retry_after: None }),
    // Azure's own trouble.
    (408, "RequestTimeout", "", Reason::TimedOut),
    (500, "InternalServerError", "", Reason::ProviderFault),
    (500, "InternalError", "", Reason::ProviderFault),
    (503, "ServiceUnavailable", "", Reason::ProviderFault),
    (504, "GatewayTimeout", "", Reason::TimedOut),
    // Our own credentials, or our clock.
    (401, "Unauthorized", "", Reason::Credentials),
    // The request. On an unwrap the ciphertext is to blame: see `wrap.rs`.
    (400, "BadParameter", "", Reason::Malformed),
    (400, "BadRequest", "", Reason::Malformed),
    (400, "NotSupported", "", Reason::Unsupported),
    (405, "MethodNotAllowed", "", Reason::Unsupported),
    (501, "NotImplemented", "", Reason::Unsupported),
];

/// The body of such an answer.
#[derive(Deserialize)]
struct Answer {
    error: Said,
}

#[derive(Deserialize)]
struct Said {
    code: Option<String>,
    #[serde(rename = "innererror", alias = "innerError")]
    inner: Option<Box<Said>>,
}

/// The failure of a call about a key.
pub(crate) fn failure(key: &AzureKey, error: &Error) -> KmsError {
    let (reason, provider_code) = explained(error);
    KmsError { reason, provider_code, ..of(key, Reason::ProviderFault) }
}

/// A failure that was found on our side of the wire.
pub(crate) fn of(key: &AzureKey, reason: Reason) -> KmsError {
    KmsError {
        provider: Provider::AzureKeyVault,
        key: key.to_string(),
        reason,
        provider_code: None,
    }
}

/// Whether the store itself, and not who gives tokens, said that a token isn't good.
pub(crate) fn is_token_refused(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::HttpResponse { status, .. } if u16::from(*status) == 401)
}

fn explained(error: &Error) -> (Reason, Option<String>) {
    match error.kind() {
        ErrorKind::HttpResponse { status, raw_response, .. } => {
            answered((*status).into(), raw_response.as_deref())
        }
        ErrorKind::Connection | ErrorKind::Io => (Reason::NoConnection, None),
        ErrorKind::Credential => (without_token(error), None),
        // An answer that is no JSON, or a challenge that isn't this store's.
        _ => (Reason::ProviderFault, None),
    }
}

fn answered(status: u16, response: Option<&RawResponse>) -> (Reason, Option<String>) {
    let hint = response.and_then(|response| retry_after(response.headers()));
    let said = response
        .and_then(|response| serde_json::from_slice::<Answer>(response.body().as_ref()).ok())
        .map(|answer| answer.error);
    let inner = said.as_ref().and_then(|said| said.inner.as_ref()?.code.as_deref());
    let code = said.as_ref().and_then(|said| said.code.as_deref());
    let reason = match code {
        Some(code) => of_codes(status, code, inner.unwrap_or_default()),
        None => without_code(status),
    };
    let reason = match reason {
        Reason::Throttled { .. } => Reason::Throttled { retry_after: hint },
        other => other,
    };
    let provider_code = code.map(|code| match inner {
        Some(inner) => format!("{code}, {inner}"),
        None => code.to_owned(),
    });
    (reason, provider_code.map(shortened))
}

fn of_codes(status: u16, code: &str, inner: &str) -> Reason {
    let row = |inner: &str| CODES.iter().find(|row| (row.0, row.1, row.2) == (status, code, inner));
    match row(inner).or_else(|| row("")) {
        Some(row) => row.3,
        // A code that is newer than this table. Fail closed where Azure refuses, and retry where the
        // trouble is Azure's own.
        None => match status {
            401 => Reason::Credentials,
            403 => Reason::AccessDenied,
            404 | 410 => Reason::NotFound,
            429 => Reason::Throttled { retry_after: None },
            408 | 504 => Reason::TimedOut,
            500.. => Reason::ProviderFault,
            _ => Reason::Malformed,
        },
    }
}

/// An answer that isn't one of the store's: a proxy's or a load balancer's page. It says nothing about
/// the owner's will, whatever its status, so it never counts as a denial.
fn without_code(status: u16) -> Reason {
    match status {
        429 => Reason::Throttled { retry_after: None },
        408 | 504 => Reason::TimedOut,
        _ => Reason::ProviderFault,
    }
}

/// Why there is no token: who gives them can't be reached, has trouble of its own, or refuses us.
fn without_token(error: &Error) -> Reason {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<Error>() {
            match error.kind() {
                ErrorKind::Connection | ErrorKind::Io => return Reason::NoConnection,
                ErrorKind::HttpResponse { status, .. } => match u16::from(*status) {
                    429 => return Reason::Throttled { retry_after: None },
                    500.. => return Reason::ProviderFault,
                    _ => {}
                },
                // A page of somebody in between.
                ErrorKind::DataConversion => return Reason::ProviderFault,
                _ => {}
            }
        }
        next = error.source();
    }
    Reason::Credentials
}

/// Azure's own headers in milliseconds, or HTTP's in seconds (RFC 9110, section 10.2.3; its date form is
/// not used by Key Vault).
fn retry_after(headers: &Headers) -> Option<Duration> {
    let number = |name: &'static str| {
        headers.get_optional_str(&HeaderName::from_static(name))?.trim().parse::<u32>().ok()
    };
    number("retry-after-ms")
        .or_else(|| number("x-ms-retry-after-ms"))
        .map(|milliseconds| Duration::from_millis(milliseconds.into()))
        .or_else(|| number("retry-after").map(|seconds| Duration::from_secs(seconds.into())))
}

/// What is shown and logged of a code that comes from outside.
fn shortened(code: String) -> String {
    code.chars().filter(|c| !c.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_core::http::StatusCode;
    use keyward_kms::ErrorClass;
    use std::collections::BTreeSet;

    fn key() -> AzureKey {
        "https://acme.vault.azure.net/keys/root".parse().unwrap()
    }

    fn answer(status: u16, body: &str, header: Option<(&'static str, &'static str)>) -> Error {
        let mut headers = Headers::new();
        if let Some((name, value)) = header {
            headers.insert(name, value);
        }
        let status = StatusCode::from(status);
        let response = RawResponse::from_bytes(status, headers, body.to_owned());
        Error::with_message(
            ErrorKind::HttpResponse {
                status,
                error_code: None,
                raw_response: Some(response.into()),
            },
            "refused",
        )
    }

    fn coded(status: u16, code: &str, inner: &str) -> Error {
        let inner = match inner {
            "" => String::new(),
            inner => format!(r#","innererror":{{"code":"{inner}"}}"#),
        };
        let body = format!(r#"{{"error":{{"code":"{code}","message":"m"{inner}}}}}"#);
        answer(status, &body, None)
    }

    #[test]
    fn an_answer_has_one_row() {
        let rows: BTreeSet<_> = CODES.iter().map(|row| (row.0, row.1, row.2)).collect();
        assert_eq!(rows.len(), CODES.len());
    }

    #[test]
    fn every_row_is_what_a_call_gives() {
        for (status, code, inner, reason) in CODES {
            let error = failure(&key(), &coded(*status, code, inner));
            assert_eq!(error.reason, *reason, "{status} {code} {inner}");
            assert!(error.provider_code.unwrap().starts_with(code));
            assert_eq!(error.key, key().to_string());
        }
        let error = failure(&key(), &coded(403, "Forbidden", "ForbiddenByRbac"));
        assert_eq!(error.provider_code.as_deref(), Some("Forbidden, ForbiddenByRbac"));
    }

    #[test]
    fn codes_have_the_classes_that_were_agreed() {
        use ErrorClass::{Denied, Invalid, Throttled, Unreachable};
        for (status, code, inner, class) in [
            (403, "Forbidden", "ForbiddenByPolicy", Denied),
            (403, "Forbidden", "ForbiddenByFirewall", Denied),
            (403, "Forbidden", "KeyDisabled", Denied),
            (403, "Forbidden", "KeyExpired", Denied),
            (403, "Forbidden", "SomethingNew", Denied),
            (404, "KeyNotFound", "", Denied),
            (409, "Conflict", "ObjectIsDeletedButRecoverable", Denied),
            (409, "Conflict", "SomethingNew", Throttled),
            (429, "Throttled", "", Throttled),
            (401, "Unauthorized", "", Unreachable),
            (500, "InternalServerError", "", Unreachable),
            (503, "ServiceUnavailable", "", Unreachable),
            (400, "BadParameter", "", Invalid),
            // A code of another status says nothing.
            (500, "Forbidden", "KeyDisabled", Unreachable),
            (400, "KeyNotFound", "", Invalid),
        ] {
            assert_eq!(of_codes(status, code, inner).class(), class, "{status} {code} {inner}");
        }
    }

    #[test]
    fn a_code_newer_than_the_table_fails_closed_where_azure_refuses() {
        for (status, class) in [
            (400, ErrorClass::Invalid),
            (401, ErrorClass::Unreachable),
            (403, ErrorClass::Denied),
            (404, ErrorClass::Denied),
            (429, ErrorClass::Throttled),
            (500, ErrorClass::Unreachable),
        ] {
            let error = failure(&key(), &coded(status, "BrandNew", ""));
            assert_eq!(error.class(), class, "{status}");
        }
    }

    #[test]
    fn an_answer_that_is_not_from_the_store_is_no_denial() {
        for status in [301, 400, 403, 404, 407, 500, 502, 503, 504] {
            for body in ["", "<html>", "{}", r#"{"error":"no"}"#, r#"{"error":{}}"#, "\u{0}"] {
                let error = failure(&key(), &answer(status, body, None));
                assert_eq!(error.class(), ErrorClass::Unreachable, "{status} {body}");
            }
        }
    }

    #[test]
    fn a_throttled_call_carries_the_hint() {
        for (header, hint) in [
            (None, None),
            (Some(("retry-after", "2")), Some(Duration::from_secs(2))),
            (Some(("retry-after-ms", "1500")), Some(Duration::from_millis(1500))),
            (Some(("x-ms-retry-after-ms", "70")), Some(Duration::from_millis(70))),
            (Some(("retry-after", "soon")), None),
            (Some(("retry-after", "-1")), None),
        ] {
            for body in [r#"{"error":{"code":"Throttled","message":"m"}}"#, ""] {
                let error = failure(&key(), &answer(429, body, header));
                assert_eq!(error.reason, Reason::Throttled { retry_after: hint });
            }
        }
    }

    #[test]
    fn what_stands_between_us_and_a_token_is_told_apart() {
        let wrapped = |kind| {
            let inner = Error::with_message(kind, "inner");
            let middle = Error::with_error(ErrorKind::Credential, inner, "middle");
            failure(&key(), &Error::with_error(ErrorKind::Credential, middle, "outer")).reason
        };
        let http = |status: u16| ErrorKind::HttpResponse {
            status: status.into(),
            error_code: None,
            raw_response: None,
        };
        assert_eq!(wrapped(ErrorKind::Connection), Reason::NoConnection);
        assert_eq!(wrapped(ErrorKind::Io), Reason::NoConnection);
        assert_eq!(wrapped(http(401)), Reason::Credentials);
        assert_eq!(wrapped(http(400)), Reason::Credentials);
        assert_eq!(wrapped(http(503)), Reason::ProviderFault);
        assert_eq!(wrapped(http(429)), Reason::Throttled { retry_after: None });
        assert_eq!(wrapped(ErrorKind::DataConversion), Reason::ProviderFault);
        assert_eq!(wrapped(ErrorKind::Other), Reason::Credentials);
    }

    #[test]
    fn an_endless_code_is_cut() {
        let code = "x".repeat(10_000);
        let error = failure(&key(), &coded(400, &code, ""));
        assert_eq!(error.provider_code.unwrap().len(), 120);
    }
}
