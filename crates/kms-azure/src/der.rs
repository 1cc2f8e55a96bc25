//! Public keys as Azure gives them, in JSON, as DER.

use keyward_kms::der;
pub(crate) use keyward_kms::der::{Curve, signature};

/// An RSA modulus of 4,096 bits is the largest that Azure has; this bounds what a server can send.
const LONGEST_INTEGER: usize = 1024;

/// An RSA key's SubjectPublicKeyInfo; `None` where the numbers can't be a key's.
pub(crate) fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    der::rsa_key(modulus, exponent, LONGEST_INTEGER)
}

/// A key's SubjectPublicKeyInfo on a curve; `None` where the coordinates are too long.
pub(crate) fn ec_key(curve: Curve, x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    let length = curve.coordinate();
    der::ec_key(curve, &[&[4][..], &padded(x, length)?, &padded(y, length)?].concat())
}

fn padded(bytes: &[u8], length: usize) -> Option<Vec<u8>> {
    let missing = length.checked_sub(bytes.len())?;
    Some([&vec![0; missing], bytes].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::{
        encoding::{AsDer, PublicKeyX509Der},
        rand::SystemRandom,
        rsa::{KeyPair as RsaKeyPair, KeySize},
        signature::{
            self, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1,
            ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair, ParsedPublicKey,
        },
    };

    #[test]
    fn an_rsa_key_is_encoded_as_another_library_does() {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let public = pair.public_key();
        let modulus = public.modulus().big_endian_without_leading_zero().to_vec();
        let exponent = public.exponent().big_endian_without_leading_zero().to_vec();
        let expected: PublicKeyX509Der<'_> = public.as_der().unwrap();
        assert_eq!(rsa_key(&modulus, &exponent).unwrap(), expected.as_ref());
        // Leading zeros change nothing.
        let padded = [&[0, 0], &modulus[..]].concat();
        assert_eq!(rsa_key(&padded, &exponent).unwrap(), expected.as_ref());
    }

    #[test]
    fn keys_and_signatures_on_curves_verify() {
        let cases: [(Curve, usize, _, &'static dyn signature::VerificationAlgorithm); 2] = [
            (Curve::P256, 32, &ECDSA_P256_SHA256_FIXED_SIGNING, &ECDSA_P256_SHA256_ASN1),
            (Curve::P384, 48, &ECDSA_P384_SHA384_FIXED_SIGNING, &ECDSA_P384_SHA384_ASN1),
        ];
        for (curve, length, signing, verifying) in cases {
            // Numbers with a high bit, with none, and with leading zeros all come up.
            for _ in 0..64 {
                let pair = EcdsaKeyPair::generate(signing).unwrap();
                let point = pair.public_key().as_ref()[1..].to_vec();
                let (x, y) = point.split_at(length);
                let spki = ec_key(curve, x, y).unwrap();
                let joined = pair.sign(&SystemRandom::new(), b"message").unwrap();
                let encoded = super::signature(joined.as_ref(), length).unwrap();
                let public = ParsedPublicKey::new(verifying, &spki).unwrap();
                assert!(public.verify_sig(b"message", &encoded).is_ok());
            }
        }
    }

    #[test]
    fn what_can_be_no_key_is_refused() {
        assert_eq!(rsa_key(&[], &[1]), None);
        assert_eq!(rsa_key(&[0; 256], &[1]), None);
        assert_eq!(rsa_key(&[1; LONGEST_INTEGER + 1], &[1]), None);
        assert_eq!(ec_key(Curve::P256, &[1; 33], &[1; 32]), None);
        for length in [0, 32, 63, 65, 96] {
            assert_eq!(super::signature(&vec![1; length], 32), None, "{length}");
        }
        assert_eq!(super::signature(&[0; 64], 32), None);
    }
}
