//! A key wrapped by a root key in Azure, to the byte.
//!
//! | offset | bytes | what |
//! | ---: | ---: | --- |
//! | 0 | 1 | format: 1 |
//! | 1 | 1 | algorithm: 1 is RSA-OAEP-256, 2 is A256KW |
//! | 2 | 16 | the root key's version that wrapped it: the 32 hex digits of its id |
//! | 18 | rest | what the store made of the payload: as long as the RSA modulus, or 80 bytes |
//!
//! The payload is [`BoundKey`]'s. Azure's ciphertexts name neither their key nor its version, and a
//! version other than its own doesn't open one.

use std::fmt;

use azure_security_keyvault_keys::models::EncryptionAlgorithm;
use keyward_kms::BoundKey;

const FORMAT: u8 = 1;
/// RSA-HSM keys have 4,096 bits at most.
const LONGEST_RSA: usize = 512;
const SHORTEST_RSA: usize = 256;
/// RFC 3394, 2.2.1: one block of 64 bits more than the plaintext.
const AES_LENGTH: usize = BoundKey::LENGTH + 8;

/// How a payload is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// RSAES-OAEP with SHA-256 and MGF1 with SHA-256.
    RsaOaep256,
    /// AES key wrap under a 256-bit key.
    Aes256KeyWrap,
}

impl Algorithm {
    /// The name that Azure knows it by.
    pub(crate) fn name(self) -> EncryptionAlgorithm {
        match self {
            Self::RsaOaep256 => EncryptionAlgorithm::RsaOaep256,
            Self::Aes256KeyWrap => EncryptionAlgorithm::A256Kw,
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::RsaOaep256 => 1,
            Self::Aes256KeyWrap => 2,
        }
    }

    fn makes(self, length: usize) -> bool {
        match self {
            Self::RsaOaep256 => (SHORTEST_RSA..=LONGEST_RSA).contains(&length),
            Self::Aes256KeyWrap => length == AES_LENGTH,
        }
    }
}

/// The id of a key's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct VersionId([u8; 16]);

impl VersionId {
    /// The id in its 32 hex digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits: &[u8; 32] = text.as_bytes().try_into().ok()?;
        let mut id = [0; 16];
        for (byte, pair) in id.iter_mut().zip(digits.as_chunks::<2>().0) {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            *byte = u8::try_from(high? * 16 + low?).ok()?;
        }
        Some(Self(id))
    }

    /// The id at the end of a key's identifier, `https://HOST/keys/NAME/ID`, if that is of this key. Key
    /// names are the same in every case.
    pub(crate) fn of_key(kid: &str, name: &str) -> Option<Self> {
        let (rest, id) = kid.rsplit_once('/')?;
        let (rest, found) = rest.rsplit_once('/')?;
        (rest.ends_with("/keys") && found.eq_ignore_ascii_case(name)).then(|| Self::parse(id))?
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A blob's fields, not yet verified.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parsed<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) version: VersionId,
    pub(crate) ciphertext: &'a [u8],
}

impl<'a> Parsed<'a> {
    /// Splits a blob; `None` where it can't be one of ours.
    pub(crate) fn new(blob: &'a [u8]) -> Option<Self> {
        let (&[format, algorithm], rest) = blob.split_first_chunk()?;
        let (version, ciphertext) = rest.split_first_chunk()?;
        let algorithm = [Algorithm::RsaOaep256, Algorithm::Aes256KeyWrap]
            .into_iter()
            .find(|known| known.byte() == algorithm)?;
        (format == FORMAT && algorithm.makes(ciphertext.len())).then_some(Self {
            algorithm,
            version: VersionId(*version),
            ciphertext,
        })
    }

    /// The blob, or `None` where the ciphertext isn't as long as the algorithm makes it.
    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        let start = [FORMAT, self.algorithm.byte()];
        self.algorithm
            .makes(self.ciphertext.len())
            .then(|| [&start[..], &self.version.0, self.ciphertext].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00112233445566778899aabbccddeeff";

    /// The layout of `docs/formats.md`. Changing it makes every stored blob unreadable.
    #[test]
    fn a_blob_has_the_documented_bytes() {
        let version = VersionId::parse(ID).unwrap();
        let (rsa, aes) = ([7; 256], [9; AES_LENGTH]);
        let cases = [(Algorithm::RsaOaep256, &rsa[..], 1), (Algorithm::Aes256KeyWrap, &aes[..], 2)];
        for (algorithm, ciphertext, byte) in cases {
            let blob = Parsed { algorithm, version, ciphertext }.to_bytes().unwrap();
            assert_eq!(blob[..2], [1, byte]);
            assert_eq!(blob[2..4], [0x00, 0x11]);
            assert_eq!(blob[17], 0xff);
            assert_eq!(&blob[18..], ciphertext);
            assert_eq!(Parsed::new(&blob), Some(Parsed { algorithm, version, ciphertext }));
        }
    }

    #[test]
    fn what_is_not_one_of_ours_is_not_parsed() {
        let version = VersionId::parse(ID).unwrap();
        let blob = Parsed { algorithm: Algorithm::RsaOaep256, version, ciphertext: &[7; 256] };
        let blob = blob.to_bytes().unwrap();
        for length in 0..blob.len() {
            assert_eq!(Parsed::new(&blob[..length]), None, "{length}");
        }
        for at in [0, 1] {
            let mut other = blob.clone();
            other[at] = 3;
            assert_eq!(Parsed::new(&other), None);
        }
        assert_eq!(Parsed::new(&[blob, vec![0; 257]].concat()), None);
        let short = Parsed { algorithm: Algorithm::Aes256KeyWrap, version, ciphertext: &[7; 72] };
        assert_eq!(short.to_bytes(), None);
    }

    #[test]
    fn a_version_is_taken_from_its_own_key_s_identifier_alone() {
        let id = VersionId::parse(ID).unwrap();
        assert_eq!(id.to_string(), ID);
        for (kid, found) in [
            (format!("https://acme.vault.azure.net/keys/root/{ID}"), Some(id)),
            (format!("https://127.0.0.1:1/acme/keys/Root/{}", ID.to_uppercase()), Some(id)),
            (format!("https://acme.vault.azure.net/keys/other/{ID}"), None),
            (format!("https://acme.vault.azure.net/secrets/root/{ID}"), None),
            ("https://acme.vault.azure.net/keys/root".into(), None),
            (format!("https://acme.vault.azure.net/keys/root/{}", &ID[1..]), None),
            (format!("https://acme.vault.azure.net/keys/root/{}é", &ID[2..]), None),
            (String::new(), None),
        ] {
            assert_eq!(VersionId::of_key(&kid, "root"), found, "{kid}");
        }
    }
}
