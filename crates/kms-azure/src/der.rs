//! The few structures that Azure gives as JSON and everybody else as DER (X.690): public keys and ECDSA
//! signatures.

/// An RSA modulus of 4,096 bits is the largest that Azure has; this bounds what a server can send.
const LONGEST_INTEGER: usize = 1024;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;

/// `rsaEncryption` with its NULL (RFC 3279, 2.3.1).
const RSA: &[u8] =
    &[0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
/// `id-ecPublicKey` with the curve's name (RFC 5480, 2.1.1).
const P256: &[u8] = &[
    0x30, 19, 0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 8, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07,
];
const P384: &[u8] = &[
    0x30, 16, 0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 5, 0x2b, 0x81, 0x04, 0x00,
    0x22,
];

/// A curve that attestations may use.
#[derive(Clone, Copy)]
pub(crate) enum Curve {
    P256,
    P384,
}

/// An RSA key's SubjectPublicKeyInfo; `None` where the numbers can't be a key's.
pub(crate) fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    let numbers = [integer(modulus)?, integer(exponent)?].concat();
    Some(key(RSA, &tagged(SEQUENCE, &numbers)))
}

/// A key's SubjectPublicKeyInfo on a curve; `None` where the coordinates are too long.
pub(crate) fn ec_key(curve: Curve, x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    let (algorithm, length) = match curve {
        Curve::P256 => (P256, 32),
        Curve::P384 => (P384, 48),
    };
    // SEC 1, 2.3.3: uncompressed.
    let point = [&[4][..], &padded(x, length)?, &padded(y, length)?].concat();
    Some(key(algorithm, &point))
}

/// `Ecdsa-Sig-Value` (RFC 3279, 2.2.3) of two numbers of this length, joined.
pub(crate) fn signature(joined: &[u8], length: usize) -> Option<Vec<u8>> {
    let (r, s) = joined.split_at_checked(length)?;
    (s.len() == length).then_some(())?;
    Some(tagged(SEQUENCE, &[integer(r)?, integer(s)?].concat()))
}

fn key(algorithm: &[u8], bits: &[u8]) -> Vec<u8> {
    // No bit of the last byte is unused.
    let bits = tagged(BIT_STRING, &[&[0], bits].concat());
    tagged(SEQUENCE, &[algorithm, &bits].concat())
}

/// A positive number in as few bytes as it takes; `None` for 0, and for endless ones.
fn integer(bytes: &[u8]) -> Option<Vec<u8>> {
    let start = bytes.iter().position(|byte| *byte != 0)?;
    let bytes = bytes.get(start..)?;
    let sign: &[u8] = if bytes.first()? & 0x80 == 0 { &[] } else { &[0] };
    (bytes.len() <= LONGEST_INTEGER).then(|| tagged(INTEGER, &[sign, bytes].concat()))
}

fn padded(bytes: &[u8], length: usize) -> Option<Vec<u8>> {
    let missing = length.checked_sub(bytes.len())?;
    Some([&vec![0; missing], bytes].concat())
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let digits: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut bytes = vec![tag];
    match (digits.as_slice(), digits.len()) {
        ([], _) => bytes.push(0),
        ([short @ 0..0x80], _) => bytes.push(*short),
        (_, count) => {
            bytes.push(0x80 | u8::try_from(count).unwrap_or(8));
            bytes.extend_from_slice(&digits);
        }
    }
    bytes.extend_from_slice(content);
    bytes
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
