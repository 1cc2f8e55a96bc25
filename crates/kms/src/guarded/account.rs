//! What shares one quota and one endpoint at a provider.

use keyward_core::RootKeyReference;

/// The account and region of a key, as one text; `None` where nothing is asked over a network.
pub(super) fn of(key: &RootKeyReference) -> Option<String> {
    match key {
        RootKeyReference::Aws(key) => Some(format!("aws {} {}", key.account(), key.region())),
        RootKeyReference::Azure(key) => Some(format!("azure {}", key.store_url())),
        RootKeyReference::Google(key) => {
            Some(format!("google {} {}", key.project(), key.location()))
        }
        RootKeyReference::Pkcs11(_) | RootKeyReference::Local(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_in_a_region_is_one() {
        let of = |text: &str| of(&text.parse().unwrap());
        let key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let other =
            "arn:aws:kms:eu-central-1:111122223333:key/0000abcd-12ab-34cd-56ef-1234567890ab";
        let elsewhere =
            "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        assert_eq!(of(key), of(other));
        assert_ne!(of(key), of(elsewhere));
        assert_eq!(of("local:acme"), None);
    }
}
