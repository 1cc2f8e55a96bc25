//! How PKCS#11's failures become reasons: one table for all return values (PKCS#11 3.1, section 5.1).

use cryptoki::{
    context::Function,
    error::{Error, RvError},
};
use keyward_core::Provider;
use keyward_kms::{KmsError, Reason};

/// A failure before it is known which key it was about.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    /// The return value's name, or what we found.
    code: Option<String>,
    /// Whether sessions are gone, so that a new log-in may help.
    pub(crate) lost: bool,
}

impl Failure {
    /// With a word of what was found.
    pub(crate) fn because(reason: Reason, code: impl Into<String>) -> Self {
        Self { reason, code: Some(code.into()), lost: false }
    }

    /// A failure after which sessions are opened anew.
    pub(crate) fn lost(reason: Reason, code: impl Into<String>) -> Self {
        Self { lost: true, ..Self::because(reason, code) }
    }

    /// The same, and final: what was begun must not be begun again.
    pub(crate) fn for_good(self) -> Self {
        Self { lost: false, ..self }
    }

    /// The failure as seen from outside.
    pub(crate) fn about(self, key: impl ToString) -> KmsError {
        KmsError {
            provider: Provider::Pkcs11,
            key: key.to_string(),
            reason: self.reason,
            provider_code: self.code,
        }
    }
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self { reason, code: None, lost: false }
    }
}

impl From<getrandom::Error> for Failure {
    fn from(error: getrandom::Error) -> Self {
        Self::because(Reason::ProviderFault, error.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Pkcs11(value, function) => {
                let (reason, lost) = meaning(value);
                let reason = refine(reason, function);
                Self { reason, code: Some(name(value)), lost }
            }
            // The path is a setting of ours, and says nothing of the key.
            Error::LibraryLoading(_) => {
                Self::because(Reason::NoConnection, "the module's library can't be loaded")
            }
            Error::MissingSymbol(_) => {
                Self::because(Reason::NoConnection, "the library is no PKCS#11 module")
            }
            Error::NotSupported | Error::NullFunctionPointer => Reason::Unsupported.into(),
            Error::PinNotSet => Reason::Credentials.into(),
            Error::TryFromInt(_)
            | Error::TryFromSlice(_)
            | Error::ParseInt(_)
            | Error::Utf8(_)
            | Error::NulError(_)
            | Error::InvalidValue => {
                Self::because(Reason::ProviderFault, "the token's answer makes no sense")
            }
        }
    }
}

/// What a return value means, and whether our sessions are gone. No `_`: a value that a newer crate
/// knows shall not compile before it is decided.
fn meaning(value: RvError) -> (Reason, bool) {
    use Reason as R;
    use RvError as V;
    match value {
        // The owner's will, or the key's own attributes.
        V::ActionProhibited | V::FunctionRejected => (R::AccessDenied, false),
        V::KeyFunctionNotPermitted => (R::Disabled, false),
        // The token is away, or was: sessions, log-in and handles are gone with it.
        V::DeviceRemoved | V::TokenNotPresent | V::TokenNotRecognized | V::SlotIdInvalid => {
            (R::NoConnection, true)
        }
        V::SessionHandleInvalid
        | V::SessionClosed
        | V::CryptokiNotInitialized
        | V::DeviceError
        | V::OperationActive
        | V::OperationNotInitialized => (R::ProviderFault, true),
        // Handles of objects don't outlive the sessions that found them everywhere.
        V::KeyHandleInvalid
        | V::ObjectHandleInvalid
        | V::WrappingKeyHandleInvalid
        | V::UnwrappingKeyHandleInvalid => (R::ProviderFault, true),
        V::UserNotLoggedIn => (R::Credentials, true),
        // Our PIN. Another try could lock the token: never `true` here.
        V::PinIncorrect
        | V::PinInvalid
        | V::PinLenRange
        | V::PinExpired
        | V::PinLocked
        | V::PinTooWeak
        | V::UserPinNotInitialized
        | V::UserAnotherAlreadyLoggedIn
        | V::UserTooManyTypes
        | V::UserTypeInvalid
        | V::NewPinMode
        | V::NextOtp => (R::Credentials, false),
        // The ciphertext.
        V::EncryptedDataInvalid
        | V::EncryptedDataLenRange
        | V::WrappedKeyInvalid
        | V::WrappedKeyLenRange
        | V::SignatureInvalid
        | V::SignatureLenRange => (R::WrongCiphertext, false),
        // Too many at once.
        V::SessionCount => (R::Throttled { retry_after: None }, false),
        // The key is of another kind.
        V::KeySizeRange
        | V::KeyTypeInconsistent
        | V::WrappingKeySizeRange
        | V::WrappingKeyTypeInconsistent
        | V::UnwrappingKeySizeRange
        | V::UnwrappingKeyTypeInconsistent
        | V::KeyNotNeeded
        | V::KeyNeeded
        | V::KeyIndigestible
        | V::KeyNotWrappable
        | V::KeyUnextractable
        | V::CurveNotSupported
        | V::DomainParamsInvalid
        | V::PublicKeyInvalid => (R::WrongKeyKind, false),
        // The token has no such operation.
        V::FunctionNotSupported
        | V::FunctionNotParallel
        | V::SessionParallelNotSupported
        | V::MechanismInvalid
        | V::MechanismParamInvalid
        | V::TokenWriteProtected
        | V::SessionReadOnly
        | V::SessionReadOnlyExists
        | V::AttributeReadOnly
        | V::AttributeTypeInvalid
        | V::AttributeValueInvalid
        | V::AttributeSensitive
        | V::TemplateIncomplete
        | V::TemplateInconsistent
        | V::RandomSeedNotSupported
        | V::RandomNoRng
        | V::StateUnsaveable
        | V::InformationSensitive => (R::Unsupported, false),
        V::LibraryLoadFailed => (R::NoConnection, false),
        V::FunctionCanceled | V::Cancel | V::ExceededMaxIterations => (R::TimedOut, false),
        // The token's or the module's own trouble.
        V::GeneralError
        | V::FunctionFailed
        | V::HostMemory
        | V::DeviceMemory
        | V::ArgumentsBad
        | V::NoEvent
        | V::NeedToCreateThreads
        | V::CantLock
        | V::DataInvalid
        | V::DataLenRange
        | V::KeyChanged
        | V::SessionExists
        | V::SessionReadWriteSoExists
        | V::UserAlreadyLoggedIn
        | V::BufferTooSmall
        | V::SavedStateInvalid
        | V::CryptokiAlreadyInitialized
        | V::MutexBad
        | V::MutexNotLocked
        | V::FipsSelfTestFailed
        | V::VendorDefined(_)
        | V::UnknownErrorCode(_) => (R::ProviderFault, false),
    }
}

/// Some values depend on the function that gives them: a decryption says of its input what others say of
/// their own.
fn refine(reason: Reason, function: Function) -> Reason {
    match (function, reason) {
        // An argument that a token doesn't take while it logs in is the PIN.
        (Function::Login, Reason::ProviderFault | Reason::Unsupported) => Reason::Credentials,
        _ => reason,
    }
}

/// Whether a decryption that failed so may be the ciphertext's fault, though the value says otherwise:
/// SoftHSM 2.6 answers a wrong tag with CKR_GENERAL_ERROR, others with CKR_FUNCTION_FAILED,
/// CKR_DATA_INVALID or a value of their own.
pub(crate) fn may_be_the_ciphertext(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::GeneralError
                | RvError::FunctionFailed
                | RvError::DataInvalid
                | RvError::DataLenRange
                | RvError::ArgumentsBad
                | RvError::MechanismParamInvalid
                | RvError::VendorDefined(_)
                | RvError::UnknownErrorCode(_),
            Function::Decrypt | Function::UnwrapKey
        )
    )
}

/// `PinLocked` as the standard spells it: `CKR_PIN_LOCKED`.
fn name(value: RvError) -> String {
    let (word, number) = match value {
        RvError::VendorDefined(number) => ("VendorDefined".to_owned(), Some(number)),
        RvError::UnknownErrorCode(number) => ("UnknownErrorCode".to_owned(), Some(number)),
        known => (format!("{known:?}"), None),
    };
    let mut name = String::from("CKR");
    for letter in word.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    match number {
        Some(number) => format!("{name} {number:#x}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyward_kms::ErrorClass;

    fn failure(value: RvError, function: Function) -> Failure {
        Error::Pkcs11(value, function).into()
    }

    #[test]
    fn values_have_the_classes_that_were_agreed() {
        use ErrorClass::{Denied, Invalid, Rejected, Throttled, Unreachable};
        for (value, code, class, lost) in [
            (RvError::KeyFunctionNotPermitted, "CKR_KEY_FUNCTION_NOT_PERMITTED", Denied, false),
            (RvError::ActionProhibited, "CKR_ACTION_PROHIBITED", Denied, false),
            (RvError::FunctionRejected, "CKR_FUNCTION_REJECTED", Denied, false),
            (RvError::EncryptedDataInvalid, "CKR_ENCRYPTED_DATA_INVALID", Rejected, false),
            (RvError::WrappedKeyInvalid, "CKR_WRAPPED_KEY_INVALID", Rejected, false),
            (RvError::SessionCount, "CKR_SESSION_COUNT", Throttled, false),
            (RvError::DeviceRemoved, "CKR_DEVICE_REMOVED", Unreachable, true),
            (RvError::TokenNotPresent, "CKR_TOKEN_NOT_PRESENT", Unreachable, true),
            (RvError::SessionHandleInvalid, "CKR_SESSION_HANDLE_INVALID", Unreachable, true),
            (RvError::UserNotLoggedIn, "CKR_USER_NOT_LOGGED_IN", Unreachable, true),
            (RvError::KeyHandleInvalid, "CKR_KEY_HANDLE_INVALID", Unreachable, true),
            (RvError::GeneralError, "CKR_GENERAL_ERROR", Unreachable, false),
            (RvError::DeviceMemory, "CKR_DEVICE_MEMORY", Unreachable, false),
            (RvError::FunctionCanceled, "CKR_FUNCTION_CANCELED", Unreachable, false),
            (
                RvError::VendorDefined(0x8000_0001),
                "CKR_VENDOR_DEFINED 0x80000001",
                Unreachable,
                false,
            ),
            (RvError::MechanismInvalid, "CKR_MECHANISM_INVALID", Invalid, false),
            (RvError::KeyTypeInconsistent, "CKR_KEY_TYPE_INCONSISTENT", Invalid, false),
            (RvError::TokenWriteProtected, "CKR_TOKEN_WRITE_PROTECTED", Invalid, false),
        ] {
            let failure = failure(value, Function::DecryptInit);
            assert_eq!(failure.reason.class(), class, "{code}");
            assert_eq!((failure.code.as_deref(), failure.lost), (Some(code), lost));
        }
    }

    #[test]
    fn no_trouble_with_the_pin_is_a_denial_or_tried_again() {
        for value in [
            RvError::PinIncorrect,
            RvError::PinLocked,
            RvError::PinExpired,
            RvError::PinInvalid,
            RvError::PinLenRange,
            RvError::UserPinNotInitialized,
            RvError::ArgumentsBad,
            RvError::GeneralError,
        ] {
            let failure = failure(value, Function::Login);
            assert_eq!(failure.reason, Reason::Credentials, "{value:?}");
            assert_eq!(failure.reason.class(), ErrorClass::Unreachable);
            assert!(!failure.lost, "{value:?}");
        }
    }
}
