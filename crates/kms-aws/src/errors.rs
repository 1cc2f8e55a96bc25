//! How AWS's failures become reasons: one table for its codes, one function for everything that
//! happens before an answer with a code.

use std::{error::Error, time::Duration};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use keyward_core::{Provider, reference::AwsKey};
use keyward_kms::{KmsError, Reason};

/// AWS's error codes and what they mean: those of every operation used here (AWS KMS API reference)
/// and those common to all services.
const CODES: &[(&str, Reason)] = &[
    // The owner's will, or the key's state.
    ("AccessDenied", Reason::AccessDenied),
    ("AccessDeniedException", Reason::AccessDenied),
    ("InvalidGrantTokenException", Reason::AccessDenied),
    ("NotAuthorized", Reason::AccessDenied),
    ("DisabledException", Reason::Disabled),
    // What the state is, only the message says: see `refine`.
    ("KMSInvalidStateException", Reason::NotUsable),
    ("CloudHsmClusterInvalidConfigurationException", Reason::NotUsable),
    ("CloudHsmClusterNotActiveException", Reason::NotUsable),
    ("CustomKeyStoreInvalidStateException", Reason::NotUsable),
    ("CustomKeyStoreNotFoundException", Reason::NotUsable),
    ("NotFoundException", Reason::NotFound),
    // The ciphertext.
    ("IncorrectKeyException", Reason::WrongCiphertext),
    ("InvalidCiphertextException", Reason::WrongCiphertext),
    // Rates.
    ("ConflictException", Reason::Throttled { retry_after: None }),
    ("LimitExceededException", Reason::Throttled { retry_after: None }),
    ("RequestLimitExceeded", Reason::Throttled { retry_after: None }),
    ("SlowDown", Reason::Throttled { retry_after: None }),
    ("Throttling", Reason::Throttled { retry_after: None }),
    ("ThrottledException", Reason::Throttled { retry_after: None }),
    ("ThrottlingException", Reason::Throttled { retry_after: None }),
    ("TooManyRequestsException", Reason::Throttled { retry_after: None }),
    // AWS's own trouble.
    ("DependencyTimeoutException", Reason::TimedOut),
    ("RequestTimeout", Reason::TimedOut),
    ("RequestTimeoutException", Reason::TimedOut),
    ("InternalError", Reason::ProviderFault),
    ("InternalFailure", Reason::ProviderFault),
    ("InternalServerError", Reason::ProviderFault),
    ("KMSInternalException", Reason::ProviderFault),
    ("KeyUnavailableException", Reason::ProviderFault),
    ("ServiceUnavailable", Reason::ProviderFault),
    ("ServiceUnavailableException", Reason::ProviderFault),
    // Answers only to a question that is never asked.
    ("DryRunOperationException", Reason::ProviderFault),
    // Our own credentials, or our clock.
    ("ExpiredToken", Reason::Credentials),
    ("ExpiredTokenException", Reason::Credentials),
    ("IncompleteSignature", Reason::Credentials),
    ("IncompleteSignatureException", Reason::Credentials),
    ("InvalidAccessKeyId", Reason::Credentials),
    ("InvalidClientTokenId", Reason::Credentials),
    ("InvalidSignatureException", Reason::Credentials),
    ("MissingAuthenticationToken", Reason::Credentials),
    ("MissingAuthenticationTokenException", Reason::Credentials),
    ("OptInRequired", Reason::Credentials),
    ("RequestExpired", Reason::Credentials),
    ("RequestTimeTooSkewed", Reason::Credentials),
    ("SignatureDoesNotMatch", Reason::Credentials),
    ("UnrecognizedClientException", Reason::Credentials),
    // The request.
    ("AlreadyExistsException", Reason::AlreadyExists),
    ("InvalidKeyUsageException", Reason::WrongKeyKind),
    ("InvalidArnException", Reason::Malformed),
    ("InvalidMarkerException", Reason::Malformed),
    ("InvalidParameterValue", Reason::Malformed),
    ("SerializationException", Reason::Malformed),
    ("TagException", Reason::Malformed),
    ("ValidationError", Reason::Malformed),
    ("ValidationException", Reason::Malformed),
    ("InvalidAction", Reason::Unsupported),
    ("UnknownOperationException", Reason::Unsupported),
    ("UnsupportedOperationException", Reason::Unsupported),
];

/// The failure of a call about a key.
pub(crate) fn failure<E>(key: &AwsKey, error: &SdkError<E, HttpResponse>) -> KmsError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let provider_code = error.code().map(str::to_owned);
    KmsError { reason: reason(error), provider_code, ..of(key, Reason::ProviderFault) }
}

/// A failure that was found on our side of the wire.
pub(crate) fn of(key: &AwsKey, reason: Reason) -> KmsError {
    KmsError { provider: Provider::AwsKms, key: key.to_string(), reason, provider_code: None }
}

fn reason<E>(error: &SdkError<E, HttpResponse>) -> Reason
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) if is_about_credentials(error) => Reason::Credentials,
        SdkError::ConstructionFailure(_) => Reason::Malformed,
        SdkError::TimeoutError(_) => Reason::TimedOut,
        SdkError::DispatchFailure(_) if is_about_credentials(error) => Reason::Credentials,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Reason::TimedOut,
        SdkError::DispatchFailure(_) => Reason::NoConnection,
        SdkError::ServiceError(answer) => {
            let hint = retry_after(answer.raw());
            match answer.err().code() {
                Some(code) => {
                    let message = answer.err().message().unwrap_or_default();
                    refine(of_code(code, answer.raw().status().as_u16()), code, message, hint)
                }
                None => without_code(answer.raw().status().as_u16(), hint),
            }
        }
        SdkError::ResponseError(answer) => {
            without_code(answer.raw().status().as_u16(), retry_after(answer.raw()))
        }
        _ => Reason::ProviderFault,
    }
}

fn of_code(code: &str, status: u16) -> Reason {
    match CODES.iter().find(|row| row.0 == code) {
        Some(row) => row.1,
        // A code that is newer than this table. Fail closed where AWS refuses, and retry where the
        // trouble is AWS's own.
        None => match status {
            401 | 403 => Reason::AccessDenied,
            429 => Reason::Throttled { retry_after: None },
            500.. => Reason::ProviderFault,
            _ => Reason::Malformed,
        },
    }
}

/// What stands in the message or the headers only.
fn refine(reason: Reason, code: &str, message: &str, hint: Option<Duration>) -> Reason {
    match reason {
        Reason::Throttled { .. } => Reason::Throttled { retry_after: hint },
        Reason::NotUsable
            if code == "KMSInvalidStateException"
                && message.to_ascii_lowercase().contains("pending deletion") =>
        {
            Reason::PendingDeletion
        }
        other => other,
    }
}

/// An answer that isn't one of KMS's: a proxy's or a load balancer's page. It says nothing about the
/// owner's will, whatever its status, so it never counts as a denial.
fn without_code(status: u16, hint: Option<Duration>) -> Reason {
    match status {
        429 => Reason::Throttled { retry_after: hint },
        408 | 504 => Reason::TimedOut,
        _ => Reason::ProviderFault,
    }
}

/// AWS's own header in milliseconds, or HTTP's in seconds (RFC 9110, section 10.2.3; its date form
/// is not used by AWS).
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let number = |name: &str| response.headers().get(name)?.trim().parse::<u32>().ok();
    number("x-amz-retry-after")
        .map(|milliseconds| Duration::from_millis(milliseconds.into()))
        .or_else(|| number("retry-after").map(|seconds| Duration::from_secs(seconds.into())))
}

/// Whether there were no credentials to sign with. The SDK reports it as a failure to dispatch.
fn is_about_credentials(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        // A provider of credentials that didn't answer in time is a matter of the network.
        if let Some(error) = error.downcast_ref::<CredentialsError>() {
            return !matches!(error, CredentialsError::ProviderTimedOut(_));
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_kms::{error::ErrorMetadata, operation::decrypt::DecryptError};
    use keyward_kms::ErrorClass;
    use std::collections::BTreeSet;

    fn key() -> AwsKey {
        "arn:aws:kms:eu-central-1:111122223333:alias/acme".parse().unwrap()
    }

    fn answer(status: u16, header: Option<(&'static str, &'static str)>) -> HttpResponse {
        let mut response = HttpResponse::new(status.try_into().unwrap(), "".into());
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        response
    }

    fn service_error(
        code: Option<&str>,
        message: &str,
        response: HttpResponse,
    ) -> SdkError<DecryptError, HttpResponse> {
        let mut metadata = ErrorMetadata::builder().message(message);
        if let Some(code) = code {
            metadata = metadata.code(code);
        }
        SdkError::service_error(DecryptError::generic(metadata.build()), response)
    }

    #[test]
    fn a_code_has_one_row() {
        let codes: BTreeSet<_> = CODES.iter().map(|row| row.0).collect();
        assert_eq!(codes.len(), CODES.len());
    }

    #[test]
    fn every_row_is_what_a_call_gives() {
        for (code, reason) in CODES {
            let error = failure(&key(), &service_error(Some(code), "", answer(400, None)));
            assert_eq!(error.reason, *reason, "{code}");
            assert_eq!(error.provider_code.as_deref(), Some(*code));
            assert_eq!(error.key, key().to_string());
        }
    }

    #[test]
    fn codes_have_the_classes_that_were_agreed() {
        use ErrorClass::{Denied, Invalid, Rejected, Throttled, Unreachable};
        for (code, class) in [
            ("AccessDeniedException", Denied),
            ("DisabledException", Denied),
            ("KMSInvalidStateException", Denied),
            ("NotFoundException", Denied),
            ("IncorrectKeyException", Rejected),
            ("InvalidCiphertextException", Rejected),
            ("ThrottlingException", Throttled),
            ("KMSInternalException", Unreachable),
            ("DependencyTimeoutException", Unreachable),
            ("KeyUnavailableException", Unreachable),
            ("ExpiredTokenException", Unreachable),
            ("UnrecognizedClientException", Unreachable),
            ("ValidationException", Invalid),
            ("InvalidKeyUsageException", Invalid),
            ("UnsupportedOperationException", Invalid),
        ] {
            assert_eq!(of_code(code, 400).class(), class, "{code}");
        }
    }

    #[test]
    fn a_code_newer_than_the_table_fails_closed_where_aws_refuses() {
        for (status, class) in [
            (400, ErrorClass::Invalid),
            (403, ErrorClass::Denied),
            (429, ErrorClass::Throttled),
            (500, ErrorClass::Unreachable),
        ] {
            let error = service_error(Some("BrandNewException"), "", answer(status, None));
            assert_eq!(reason(&error).class(), class, "{status}");
        }
    }

    #[test]
    fn an_answer_that_is_not_from_kms_is_no_denial() {
        for status in [200, 301, 400, 403, 404, 407, 500, 502, 503, 504] {
            let error = service_error(None, "", answer(status, None));
            assert_eq!(reason(&error).class(), ErrorClass::Unreachable, "{status}");
            let error: SdkError<DecryptError, _> =
                SdkError::response_error("<html>", answer(status, None));
            assert_eq!(reason(&error).class(), ErrorClass::Unreachable, "{status}");
        }
    }

    #[test]
    fn the_message_tells_pending_deletion() {
        let pending = "arn:aws:kms:eu-central-1:111122223333:key/x is pending deletion.";
        let error = service_error(Some("KMSInvalidStateException"), pending, answer(400, None));
        assert_eq!(reason(&error), Reason::PendingDeletion);
        let import = "arn:aws:kms:eu-central-1:111122223333:key/x is pending import.";
        let error = service_error(Some("KMSInvalidStateException"), import, answer(400, None));
        assert_eq!(reason(&error), Reason::NotUsable);
    }

    #[test]
    fn a_throttled_call_carries_the_hint() {
        for (header, hint) in [
            (None, None),
            (Some(("retry-after", "2")), Some(Duration::from_secs(2))),
            (Some(("x-amz-retry-after", "1500")), Some(Duration::from_millis(1500))),
            (Some(("retry-after", "soon")), None),
            (Some(("retry-after", "-1")), None),
        ] {
            let error = service_error(Some("ThrottlingException"), "", answer(400, header));
            assert_eq!(reason(&error), Reason::Throttled { retry_after: hint });
            let error = service_error(None, "", answer(429, header));
            assert_eq!(reason(&error), Reason::Throttled { retry_after: hint });
        }
    }
}
