//! The few structures that providers give in parts and everybody else as DER (X.690): public keys and
//! ECDSA signatures.

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;

/// `rsaEncryption` with its NULL (RFC 3279, 2.3.1).
const RSA: &[u8] =
    &[0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
/// `id-ecPublicKey` (RFC 5480, 2.1.1).
const EC: &[u8] = &[0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

/// A curve that attestations may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// `secp256r1`.
    P256,
    /// `secp384r1`.
    P384,
}

impl Curve {
    /// The curve's name (RFC 5480, 2.1.1.1), an object identifier in DER.
    #[must_use]
    pub fn name(self) -> &'static [u8] {
        match self {
            Self::P256 => &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
            Self::P384 => &[0x06, 5, 0x2b, 0x81, 0x04, 0x00, 0x22],
        }
    }

    /// Bytes of a coordinate, and of each of a signature's numbers.
    #[must_use]
    pub fn coordinate(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}

/// An RSA key's SubjectPublicKeyInfo; `None` where the numbers can't be a key's, or have more than
/// `longest` bytes.
#[must_use]
pub fn rsa_key(modulus: &[u8], exponent: &[u8], longest: usize) -> Option<Vec<u8>> {
    let numbers = [integer(modulus, longest)?, integer(exponent, longest)?].concat();
    Some(key(RSA, &tagged(SEQUENCE, &numbers)))
}

/// A key's SubjectPublicKeyInfo on a curve, of an uncompressed point (SEC 1, 2.3.3); `None` where it isn't
/// one of that curve's length.
#[must_use]
pub fn ec_key(curve: Curve, point: &[u8]) -> Option<Vec<u8>> {
    let uncompressed = point.len() == 1 + 2 * curve.coordinate() && point.first() == Some(&4);
    let algorithm = tagged(SEQUENCE, &[EC, curve.name()].concat());
    uncompressed.then(|| key(&algorithm, point))
}

/// `Ecdsa-Sig-Value` (RFC 3279, 2.2.3) of two numbers of this length, joined.
#[must_use]
pub fn signature(joined: &[u8], length: usize) -> Option<Vec<u8>> {
    let (r, s) = joined.split_at_checked(length)?;
    (s.len() == length).then_some(())?;
    Some(tagged(SEQUENCE, &[integer(r, length)?, integer(s, length)?].concat()))
}

fn key(algorithm: &[u8], bits: &[u8]) -> Vec<u8> {
    // No bit of the last byte is unused.
    let bits = tagged(BIT_STRING, &[&[0], bits].concat());
    tagged(SEQUENCE, &[algorithm, &bits].concat())
}

/// A positive number in as few bytes as it takes; `None` for 0, and for longer ones.
fn integer(bytes: &[u8], longest: usize) -> Option<Vec<u8>> {
    let start = bytes.iter().position(|byte| *byte != 0)?;
    let bytes = bytes.get(start..)?;
    let sign: &[u8] = if bytes.first()? & 0x80 == 0 { &[] } else { &[0] };
    (bytes.len() <= longest).then(|| tagged(INTEGER, &[sign, bytes].concat()))
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
