//! Modules: libraries that are loaded and initialised once for the whole process.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
};
use keyward_core::reference::Pkcs11Key;
use keyward_kms::Reason;

use crate::errors::Failure;

/// The modules of this process. None is ever finalised: others in the process may be using it.
static LOADED: Mutex<Option<HashMap<PathBuf, Pkcs11>>> = Mutex::new(None);

/// Loads a module, or gives it again. C_Initialize counts for the whole process (PKCS#11 3.1, 5.4.1), so
/// that all providers share it.
pub(crate) fn load(path: &Path) -> Result<Pkcs11, Failure> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let loaded = loaded.get_or_insert_default();
    let module = match loaded.get(path) {
        Some(module) => module.clone(),
        None => Pkcs11::new(path)?,
    };
    // Each time: somebody else in this process may have finalised it.
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(error.into()),
    }
    loaded.insert(path.to_owned(), module.clone());
    Ok(module)
}

/// The modules among those allowed that a reference may be looked for in. It chooses, and never adds one.
pub(crate) fn eligible(allowed: &[PathBuf], key: &Pkcs11Key) -> Result<Vec<PathBuf>, Failure> {
    if allowed.is_empty() {
        let missing = "no PKCS#11 module is set; name its library in the settings";
        return Err(Failure::because(Reason::NoConnection, missing));
    }
    let path = key.query_attribute("module-path");
    let name = key.query_attribute("module-name");
    let chosen: Vec<PathBuf> = allowed
        .iter()
        .filter(|module| path.is_none_or(|path| module.as_path() == Path::new(path)))
        .filter(|module| name.is_none_or(|name| has_name(module, name)))
        .cloned()
        .collect();
    if chosen.is_empty() {
        let other = "the reference names a module that the settings don't";
        return Err(Failure::because(Reason::Malformed, other));
    }
    Ok(chosen)
}

/// RFC 7512, 2.3: a module's name without the path and the platform's own affixes.
fn has_name(module: &Path, name: &str) -> bool {
    let stem = module.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    !name.is_empty() && (stem == name || stem.strip_prefix("lib") == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_chooses_among_the_allowed_modules_and_adds_none() {
        let allowed = ["/usr/lib/libone.so", "/opt/two.so"].map(PathBuf::from);
        for (query, expected) in [
            ("", Some(2)),
            ("?module-path=/opt/two.so", Some(1)),
            ("?module-name=one", Some(1)),
            ("?module-name=two", Some(1)),
            ("?module-path=/opt/two.so&module-name=one", None),
            ("?module-path=/tmp/evil.so", None),
            ("?module-path=/opt/../opt/two.so", None),
            ("?module-name=evil", None),
            ("?module-name=", None),
        ] {
            let key: Pkcs11Key = format!("pkcs11:object=root{query}").parse().unwrap();
            let found = eligible(&allowed, &key);
            assert_eq!(found.as_ref().ok().map(Vec::len), expected, "{query}");
            assert!(found.err().is_none_or(|failure| failure.reason == Reason::Malformed));
        }
        let key: Pkcs11Key = "pkcs11:object=root".parse().unwrap();
        assert_eq!(eligible(&[], &key).unwrap_err().reason, Reason::NoConnection);
    }

    #[test]
    fn a_library_that_is_none_is_no_denial() {
        for path in ["/nowhere/at-all.so", "/etc/hostname"] {
            assert_eq!(load(Path::new(path)).unwrap_err().reason, Reason::NoConnection, "{path}");
        }
    }
}
