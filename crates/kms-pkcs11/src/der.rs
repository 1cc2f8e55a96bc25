//! The few structures that a token gives in parts and everybody else as DER (X.690): public keys and
//! ECDSA signatures.

/// An RSA modulus of 16,384 bits is the largest that anybody uses; this bounds what a token can send.
const LONGEST_INTEGER: usize = 2048;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;

/// `rsaEncryption` with its NULL (RFC 3279, 2.3.1).
const RSA: &[u8] =
    &[0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
/// `id-ecPublicKey` (RFC 5480, 2.1.1).
const EC: &[u8] = &[0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// `secp256r1` and `secp384r1` (RFC 5480, 2.1.1.1).
const P256: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 5, 0x2b, 0x81, 0x04, 0x00, 0x22];

/// A curve that attestations may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
}

impl Curve {
    fn name(self) -> &'static [u8] {
        match self {
            Self::P256 => P256,
            Self::P384 => P384,
        }
    }

    /// Bytes of an uncompressed point (SEC 1, 2.3.3).
    fn point(self) -> usize {
        match self {
            Self::P256 => 65,
            Self::P384 => 97,
        }
    }
}

/// The curve that a CKA_EC_PARAMS names, if it is one of ours.
pub(crate) fn curve(parameters: &[u8]) -> Option<Curve> {
    [Curve::P256, Curve::P384].into_iter().find(|curve| curve.name() == parameters)
}

/// An RSA key's SubjectPublicKeyInfo; `None` where the numbers can't be a key's.
pub(crate) fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    let numbers = [integer(modulus)?, integer(exponent)?].concat();
    Some(key(RSA, &tagged(SEQUENCE, &numbers)))
}

/// A key's SubjectPublicKeyInfo on a curve, of a CKA_EC_POINT: an uncompressed point in an OCTET STRING
/// (PKCS#11 3.1, 6.3.3), which some tokens leave out.
pub(crate) fn ec_key(curve: Curve, point: &[u8]) -> Option<Vec<u8>> {
    let length = curve.point();
    let bare = match point {
        [OCTET_STRING, size, rest @ ..] if usize::from(*size) == length => rest,
        other => other,
    };
    let uncompressed = bare.len() == length && bare.first() == Some(&4);
    let algorithm = tagged(SEQUENCE, &[EC, curve.name()].concat());
    uncompressed.then(|| key(&algorithm, bare))
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

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let digits: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut bytes = vec![tag];
    match digits.as_slice() {
        [] => bytes.push(0),
        [short @ 0..0x80] => bytes.push(*short),
        long => {
            // At most 8 digits in a `usize`.
            bytes.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            bytes.extend_from_slice(long);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_taken_bare_or_in_its_string() {
        let mut point = vec![4; 65];
        let bare = ec_key(Curve::P256, &point).unwrap();
        assert_eq!(bare.len(), 91);
        point.splice(0..0, [0x04, 65]);
        assert_eq!(ec_key(Curve::P256, &point), Some(bare));
        for bad in [&[][..], &[4; 64], &[2; 65], &[4; 66], &[4, 65]] {
            assert_eq!(ec_key(Curve::P256, bad), None);
        }
    }

    #[test]
    fn a_signature_is_two_positive_numbers() {
        let joined = [vec![0; 31], vec![1], vec![0x80; 32]].concat();
        let der = signature(&joined, 32).unwrap();
        assert_eq!(der[..6], [0x30, 38, 0x02, 1, 1, 0x02]);
        assert_eq!(der[6..9], [33, 0, 0x80]);
        assert_eq!(signature(&joined[1..], 32), None);
        assert_eq!(signature(&[0; 64], 32), None);
    }

    #[test]
    fn curves_are_told_by_their_parameters() {
        assert_eq!(curve(P256), Some(Curve::P256));
        assert_eq!(curve(P384), Some(Curve::P384));
        assert_eq!(curve(&P384[..6]), None);
        assert_eq!(curve(&[]), None);
    }
}
