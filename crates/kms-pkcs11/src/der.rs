//! Public keys as a token gives them, in attributes, as DER.

use keyward_kms::der;
pub(crate) use keyward_kms::der::{Curve, signature};

/// An RSA modulus of 16,384 bits is the largest that anybody uses; this bounds what a token can send.
const LONGEST_INTEGER: usize = 2048;

const OCTET_STRING: u8 = 0x04;

/// The curve that a CKA_EC_PARAMS names, if it is one of ours.
pub(crate) fn curve(parameters: &[u8]) -> Option<Curve> {
    [Curve::P256, Curve::P384].into_iter().find(|curve| curve.name() == parameters)
}

/// An RSA key's SubjectPublicKeyInfo; `None` where the numbers can't be a key's.
pub(crate) fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    der::rsa_key(modulus, exponent, LONGEST_INTEGER)
}

/// A key's SubjectPublicKeyInfo on a curve, of a CKA_EC_POINT: an uncompressed point in an OCTET STRING
/// (PKCS#11 3.1, 6.3.3), which some tokens leave out.
pub(crate) fn ec_key(curve: Curve, point: &[u8]) -> Option<Vec<u8>> {
    let bare = match point {
        [OCTET_STRING, size, rest @ ..] if usize::from(*size) == 1 + 2 * curve.coordinate() => rest,
        other => other,
    };
    der::ec_key(curve, bare)
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
        assert_eq!(curve(Curve::P256.name()), Some(Curve::P256));
        assert_eq!(curve(Curve::P384.name()), Some(Curve::P384));
        assert_eq!(curve(&Curve::P384.name()[..6]), None);
        assert_eq!(curve(&[]), None);
    }
}
