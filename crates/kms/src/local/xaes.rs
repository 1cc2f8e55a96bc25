//! XAES-256-GCM (<https://c2sp.org/XAES-256-GCM>): AES-256-GCM with a nonce long enough to be random.
//!
//! A root key wraps for as long as its owner lets it, in several processes that share no counter, so
//! its nonces are random. With AES-GCM's 96 bits that is safe for 2³² wraps of one key version (SP
//! 800-38D, 8.3), a limit that somebody would have to count. With 192 bits it is safe for 2⁸⁰, for the
//! price of two more AES blocks and a key schedule: less than the random bytes themselves cost.

use aes_gcm::{
    AeadInOut, AesGcm, KeyInit,
    aead::consts::U12,
    aes::{Aes256Enc, cipher::BlockCipherEncrypt},
};
use zeroize::{Zeroize, Zeroizing};

/// Bytes of a nonce.
pub(super) const NONCE_LENGTH: usize = 24;
/// Bytes of a tag.
pub(super) const TAG_LENGTH: usize = 16;

/// A key with its schedule, and what the specification lets be computed ahead.
pub(super) struct Xaes {
    cipher: Aes256Enc,
    /// *K1* of the specification's steps 1 and 2.
    k1: Zeroizing<[u8; 16]>,
}

/// The ciphertext, its nonce or its additional data isn't what was encrypted.
#[derive(Debug)]
pub(super) struct Unauthentic;

impl Xaes {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let cipher = Aes256Enc::new(key.into());
        // Step 1: L = AES-256(K, 0).
        let mut block = aes_gcm::aes::Block::default();
        cipher.encrypt_block(&mut block);
        let l = u128::from_be_bytes(block.into());
        // Step 2, without a branch on a secret bit.
        let k1 = (l << 1) ^ (0b1000_0111 * (l >> 127));
        Self { cipher, k1: Zeroizing::new(k1.to_be_bytes()) }
    }

    /// Encrypts in place and gives the tag. The nonce must be random and new.
    pub(super) fn encrypt(
        &self,
        nonce: &[u8; NONCE_LENGTH],
        additional_data: &[u8],
        buffer: &mut [u8],
    ) -> [u8; TAG_LENGTH] {
        let (cipher, nonce) = self.derive(nonce);
        cipher
            .encrypt_inout_detached(&nonce.into(), additional_data, buffer.into())
            // INVARIANT: callers give kilobytes; the cipher takes 64 GiB.
            .expect("the plaintext is shorter than 64 GiB")
            .into()
    }

    /// Decrypts in place once the tag is verified; else the buffer stays as it was.
    pub(super) fn decrypt(
        &self,
        nonce: &[u8; NONCE_LENGTH],
        additional_data: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<(), Unauthentic> {
        let (cipher, nonce) = self.derive(nonce);
        cipher
            .decrypt_inout_detached(&nonce.into(), additional_data, buffer.into(), tag.into())
            .map_err(|_| Unauthentic)
    }

    /// Steps 3 to 6: the key and the nonce of AES-256-GCM for one message.
    fn derive(&self, nonce: &[u8; NONCE_LENGTH]) -> (AesGcm<Aes256Enc, U12>, [u8; 12]) {
        let (mut context, mut rest) = ([0; 12], [0; 12]);
        context.copy_from_slice(&nonce[..12]);
        rest.copy_from_slice(&nonce[12..]);
        let mut key = Zeroizing::new([0; 32]);
        for (counter, half) in (1..).zip(key.chunks_exact_mut(16)) {
            // M = 0x00 || i || 0x58 || 0x00 || N[:12], and then the XOR with K1.
            let mut block = *self.k1;
            block[1] ^= counter;
            block[2] ^= b'X';
            block[4..].iter_mut().zip(context).for_each(|(byte, other)| *byte ^= other);
            let mut block = aes_gcm::aes::Block::from(block);
            self.cipher.encrypt_block(&mut block);
            half.copy_from_slice(&block);
            block.as_mut_slice().zeroize();
        }
        (AesGcm::new((&*key).into()), rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &[u8; 24] = b"ABCDEFGHIJKLMNOPQRSTUVWX";

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The specification's section "Test vectors": one with MSB(L) = 0, one with 1.
    #[test]
    fn the_specifications_vectors() {
        let vectors = [
            (1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"),
            (
                3,
                "c2sp.org/XAES-256-GCM",
                "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d",
            ),
        ];
        for (byte, additional_data, expected) in vectors {
            let xaes = Xaes::new(&[byte; 32]);
            let mut buffer = *b"XAES-256-GCM";
            let tag = xaes.encrypt(NONCE, additional_data.as_bytes(), &mut buffer);
            assert_eq!(hex(&buffer) + &hex(&tag), expected);
            xaes.decrypt(NONCE, additional_data.as_bytes(), &mut buffer, &tag).unwrap();
            assert_eq!(&buffer, b"XAES-256-GCM");
        }
    }

    #[test]
    fn nothing_comes_out_without_a_valid_tag() {
        let xaes = Xaes::new(&[1; 32]);
        let mut buffer = *b"XAES-256-GCM";
        let mut tag = xaes.encrypt(NONCE, b"", &mut buffer);
        let ciphertext = buffer;
        assert!(xaes.decrypt(NONCE, b"other", &mut buffer, &tag).is_err());
        for at in [0, 11, 12, 23] {
            let mut nonce = *NONCE;
            nonce[at] ^= 1;
            assert!(xaes.decrypt(&nonce, b"", &mut buffer, &tag).is_err(), "{at}");
        }
        tag[15] ^= 1;
        assert!(xaes.decrypt(NONCE, b"", &mut buffer, &tag).is_err());
        assert_eq!(buffer, ciphertext);
    }
}
