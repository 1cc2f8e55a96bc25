//! Writes what other clients write and Keyward only reads: signed and unframed messages, and format 1.
//!
//! Written from the specification's tables alone, so it shares no code with what it tests.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    encoding::{AsBigEndian, EcPublicKeyCompressedBin},
    rand::SystemRandom,
    signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use hkdf::Hkdf;
use keyward_core::{EncryptionContext, SecretKey};
use sha2::{Sha256, Sha384, Sha512};

/// A message to write.
pub struct Foreign {
    pub suite: u16,
    /// `None` for one piece.
    pub frame_length: Option<u32>,
    /// Whether a full last frame is followed by an empty final one, which the format allows.
    pub empty_final: bool,
    /// Whether frames have their number as IV, as every client's have; else IVs of no pattern, which
    /// readers must take too.
    pub sequence_ivs: bool,
    /// Put into the header tag's AAD, but not into the header.
    pub unstored: EncryptionContext,
}

impl Foreign {
    pub fn new(suite: u16, frame_length: Option<u32>) -> Self {
        Self {
            suite,
            frame_length,
            empty_final: false,
            sequence_ivs: false,
            unstored: EncryptionContext::empty(),
        }
    }

    /// The object key, message id and entry IV of every message of this writer.
    pub fn randomness() -> [u8; 76] {
        let parts = [&[0x17; 32][..], &[0x5a; 32], &[3; 12]];
        parts.concat().try_into().unwrap()
    }

    pub fn is_signed(&self) -> bool {
        matches!(self.suite, 0x0378 | 0x0578)
    }

    /// Writes `plaintext` for the keyring of these tests.
    pub fn write(&self, plaintext: &[u8]) -> Vec<u8> {
        let signer = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
        let format_2 = self.suite >= 0x0400;
        let message_id = vec![0x5a; if format_2 { 32 } else { 16 }];
        let mut pairs = pairs(&super::context());
        if self.is_signed() {
            let point: EcPublicKeyCompressedBin<'_> = signer.public_key().as_be_bytes().unwrap();
            let key = BASE64_STANDARD.encode(point.as_ref());
            pairs.insert(0, ("aws-crypto-public-key".into(), key));
        }
        let stored = EncryptionContext::from_pairs(pairs.clone());
        let whole = pairs.into_iter().chain(self::pairs(&self.unstored));
        let object_key = SecretKey::new([0x17; 32]);
        let entry = super::keyring()
            .wrap(&object_key, &EncryptionContext::from_pairs(whole), [3; 12])
            .unwrap();
        let (key, commitment) = self.derive(&message_id, object_key.expose());

        let mut out = if format_2 { vec![2] } else { vec![1, 0x80] };
        out.extend(self.suite.to_be_bytes());
        out.extend(&message_id);
        let context = encoded(&stored);
        out.extend((context.len() as u16).to_be_bytes());
        out.extend(context);
        out.extend([0, 1]);
        out.extend(entry.to_bytes().unwrap());
        out.push(if self.frame_length.is_some() { 2 } else { 1 });
        if !format_2 {
            out.extend([0, 0, 0, 0, 12]);
        }
        out.extend(self.frame_length.unwrap_or(0).to_be_bytes());
        out.extend(commitment);
        let aad = [out.clone(), encoded(&self.unstored)].concat();
        if !format_2 {
            out.extend([0; 12]);
        }
        out.extend(gcm(&key, [0; 12], &aad, &[]));
        self.write_body(&key, &message_id, plaintext, &mut out);
        if self.is_signed() {
            let signature = signer.sign(&SystemRandom::new(), &out).unwrap();
            out.extend((signature.as_ref().len() as u16).to_be_bytes());
            out.extend(signature.as_ref());
        }
        out
    }

    fn derive(&self, message_id: &[u8], object_key: &[u8]) -> (LessSafeKey, Vec<u8>) {
        let mut key = [0; 32];
        let mut commitment = Vec::new();
        let id = self.suite.to_be_bytes();
        match self.suite {
            0x0178 => {
                Hkdf::<Sha256>::new(None, object_key).expand(&[&id, message_id].concat(), &mut key)
            }
            0x0378 => {
                Hkdf::<Sha384>::new(None, object_key).expand(&[&id, message_id].concat(), &mut key)
            }
            _ => {
                let hkdf = Hkdf::<Sha512>::new(Some(message_id), object_key);
                commitment = vec![0; 32];
                hkdf.expand(b"COMMITKEY", &mut commitment).unwrap();
                hkdf.expand(&[&id[..], b"DERIVEKEY"].concat(), &mut key)
            }
        }
        .unwrap();
        (LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap()), commitment)
    }

    fn write_body(&self, key: &LessSafeKey, id: &[u8], plaintext: &[u8], out: &mut Vec<u8>) {
        let iv = |number: u32| {
            let (mut sequence, mut other) = ([0; 12], [0xee; 12]);
            sequence[8..].copy_from_slice(&number.to_be_bytes());
            other[..4].copy_from_slice(&number.to_le_bytes());
            if self.sequence_ivs { sequence } else { other }
        };
        let aad = |content: &str, number: u32, length: usize| {
            [id, content.as_bytes(), &number.to_be_bytes(), &(length as u64).to_be_bytes()].concat()
        };
        let Some(frame_length) = self.frame_length else {
            out.extend(iv(1));
            out.extend((plaintext.len() as u64).to_be_bytes());
            let aad = aad("AWSKMSEncryptionClient Single Block", 1, plaintext.len());
            out.extend(gcm(key, iv(1), &aad, plaintext));
            return;
        };
        let frame_length = frame_length as usize;
        let mut frames: Vec<&[u8]> = plaintext.chunks(frame_length).collect();
        if frames.last().is_none_or(|last| self.empty_final && last.len() == frame_length) {
            frames.push(&[]);
        }
        let count = frames.len() as u32;
        for (number, content) in (1..).zip(frames) {
            if number < count {
                out.extend(number.to_be_bytes());
                out.extend(iv(number));
                let aad = aad("AWSKMSEncryptionClient Frame", number, content.len());
                out.extend(gcm(key, iv(number), &aad, content));
            } else {
                out.extend([0xff; 4]);
                out.extend(number.to_be_bytes());
                out.extend(iv(number));
                out.extend((content.len() as u32).to_be_bytes());
                let aad = aad("AWSKMSEncryptionClient Final Frame", number, content.len());
                out.extend(gcm(key, iv(number), &aad, content));
            }
        }
    }
}

fn pairs(context: &EncryptionContext) -> Vec<(String, String)> {
    context.iter().map(|(key, value)| (key.into(), value.into())).collect()
}

fn encoded(context: &EncryptionContext) -> Vec<u8> {
    if context.is_empty() {
        return Vec::new();
    }
    let mut out = (context.len() as u16).to_be_bytes().to_vec();
    for text in context.iter().flat_map(|(key, value)| [key, value]) {
        out.extend((text.len() as u16).to_be_bytes());
        out.extend(text.as_bytes());
    }
    out
}

fn gcm(key: &LessSafeKey, iv: [u8; 12], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut out = plaintext.to_vec();
    let nonce = Nonce::assume_unique_for_key(iv);
    key.seal_in_place_append_tag(nonce, Aad::from(aad), &mut out).unwrap();
    out
}
