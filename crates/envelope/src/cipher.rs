//! Key derivation and the cipher of one message: its header's tag and each piece of its body.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use hkdf::Hkdf;
use keyward_core::SecretKey;
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    EnvelopeError, Header, MessageId, ReadOptions, Suite,
    aad::{BodyAad, Piece, put_pairs},
    header::{IV_LENGTH, TAG_LENGTH},
};

/// A header whose object key is known to be right and whose bytes are as they were written.
pub struct VerifiedHeader {
    header: Header,
    pub(crate) cipher: MessageCipher,
}

impl VerifiedHeader {
    /// Verifies a parsed header with its object key: the key commitment first, then the tag.
    ///
    /// # Errors
    /// [`EnvelopeError::Rejected`], whichever of them is wrong.
    pub fn new(
        header: Header,
        object_key: &SecretKey,
        options: &ReadOptions,
    ) -> Result<Self, EnvelopeError> {
        let derived = derive(header.suite(), header.message_id(), object_key)?;
        if let Some(written) = &header.commitment {
            // client-apis/decrypt.md: the commit key derived equals the one stored. In constant
            // time, so that its prefix can't be guessed.
            if !bool::from(written.ct_eq(&*derived.commitment)) {
                return Err(EnvelopeError::Rejected);
            }
        }
        derived.cipher.verify_header(&header, options)?;
        Ok(Self { header, cipher: derived.cipher })
    }

    /// Asks for the object key and verifies the header with it.
    ///
    /// # Errors
    /// Those of the key source, and of [`VerifiedHeader::new`].
    pub fn unlock(
        header: Header,
        keys: &(impl crate::ObjectKeys + ?Sized),
        options: &ReadOptions,
    ) -> Result<Self, EnvelopeError> {
        let key = if options.reproduced.is_empty() {
            keys.object_key(header.entries(), header.context())?
        } else {
            keys.object_key(header.entries(), &whole_context(&header, options)?)?
        };
        Self::new(header, &key, options)
    }

    /// The header, now to be believed.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The header, without the key.
    #[must_use]
    pub fn into_header(self) -> Header {
        self.header
    }
}

/// The stored context with the reproduced one. A pair in both must be the same in both.
fn whole_context(
    header: &Header,
    options: &ReadOptions,
) -> Result<keyward_core::EncryptionContext, EnvelopeError> {
    let contradicts = |(key, value)| header.context().get(key).is_some_and(|own| own != value);
    if options.reproduced.iter().any(contradicts) {
        return Err(EnvelopeError::Rejected);
    }
    let pairs = header.context().iter().chain(options.reproduced.iter());
    Ok(keyward_core::EncryptionContext::from_pairs(
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())),
    ))
}

/// What a suite derives from an object key.
pub(crate) struct Derived {
    pub(crate) cipher: MessageCipher,
    /// The commit key; all zero where the suite has none.
    pub(crate) commitment: Zeroizing<[u8; 32]>,
}

/// framework/algorithm-suites.md, "HKDF". Format 2: the salt is the message id, the infos are the
/// suite id with `DERIVEKEY`, and `COMMITKEY`. Format 1: no salt, the info is suite id and message
/// id.
pub(crate) fn derive(
    suite: Suite,
    message_id: &MessageId,
    object_key: &SecretKey,
) -> Result<Derived, EnvelopeError> {
    let mut key = Zeroizing::new([0; 32]);
    let mut commitment = Zeroizing::new([0; 32]);
    let (id, message, ikm) = (suite.id().to_be_bytes(), message_id.as_bytes(), object_key.expose());
    let expanded =
        match suite {
            Suite::Committing | Suite::CommittingSigned => {
                let hkdf = Hkdf::<Sha512>::new(Some(message), ikm);
                hkdf.expand_multi_info(&[&id, b"DERIVEKEY"], key.as_mut_slice())
                    .and_then(|()| hkdf.expand(b"COMMITKEY", commitment.as_mut_slice()))
            }
            Suite::Plain => Hkdf::<Sha256>::new(None, ikm)
                .expand_multi_info(&[&id, message], key.as_mut_slice()),
            Suite::PlainSigned => Hkdf::<Sha384>::new(None, ikm)
                .expand_multi_info(&[&id, message], key.as_mut_slice()),
        };
    // Neither fails: 32 bytes are within what HKDF gives and what AES-256 takes.
    expanded.map_err(|_| EnvelopeError::Rejected)?;
    let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| EnvelopeError::Rejected)?;
    let cipher = MessageCipher { key: LessSafeKey::new(key), message_id: *message_id };
    Ok(Derived { cipher, commitment })
}

/// AES-256-GCM under a message's derived key.
pub(crate) struct MessageCipher {
    key: LessSafeKey,
    message_id: MessageId,
}

impl MessageCipher {
    /// The tag of a format 2 header: over the header body, nothing encrypted, the IV all zero
    /// (message-header.md, "Header Authentication Version 2.0").
    ///
    /// INVARIANT: called once for a derived key, else a nonce repeats. Frames count from 1, so none
    /// of theirs is zero.
    pub(crate) fn header_tag(&self, body: &[u8]) -> Result<[u8; TAG_LENGTH], EnvelopeError> {
        let nonce = Nonce::assume_unique_for_key([0; IV_LENGTH]);
        let mut tag = [0; TAG_LENGTH];
        let sealed = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(body), &mut [])
            .map_err(|_| EnvelopeError::Rejected)?;
        tag.copy_from_slice(sealed.as_ref());
        Ok(tag)
    }

    /// The AAD of a header's tag is the header body and then the context that was authenticated
    /// only, encoded; nothing where there is none (client-apis/decrypt.md, "Verify the header").
    fn verify_header(&self, header: &Header, options: &ReadOptions) -> Result<(), EnvelopeError> {
        let nonce = Nonce::assume_unique_for_key(header.iv);
        let open = |aad: &[u8]| {
            self.key
                .open_separate_gather(nonce, Aad::from(aad), &[], &header.tag, &mut [])
                .map_err(|_| EnvelopeError::Rejected)
        };
        if options.reproduced.is_empty() {
            return open(header.body());
        }
        let unstored: Vec<_> = options
            .reproduced
            .iter()
            .filter(|(key, _)| header.context().get(key).is_none())
            .collect();
        let mut aad = header.body().to_vec();
        put_pairs(&mut aad, unstored.into_iter())?;
        open(&aad)
    }

    /// Encrypts a piece of the body from `plaintext` to `content` and `tag`.
    pub(crate) fn seal(
        &self,
        piece: Piece,
        sequence: u32,
        plaintext: &[u8],
        content: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), EnvelopeError> {
        let aad = BodyAad::new(&self.message_id, piece, sequence, plaintext.len() as u64);
        let nonce = Nonce::assume_unique_for_key(frame_iv(sequence));
        self.key
            .seal_out_of_place_scatter(nonce, Aad::from(aad), plaintext, content, &[], tag)
            .map_err(|_| EnvelopeError::Rejected)
    }

    /// Decrypts a piece of the body to `plaintext`. On failure `plaintext` holds nothing of it.
    pub(crate) fn open(
        &self,
        piece: Piece,
        sequence: u32,
        sealed: &Sealed<'_>,
        plaintext: &mut [u8],
    ) -> Result<(), EnvelopeError> {
        let aad = BodyAad::new(&self.message_id, piece, sequence, sealed.content.len() as u64);
        let nonce = Nonce::assume_unique_for_key(*sealed.iv);
        self.key
            .open_separate_gather(nonce, Aad::from(aad), sealed.content, sealed.tag, plaintext)
            .map_err(|_| {
                plaintext.fill(0);
                EnvelopeError::Rejected
            })
    }
}

/// The encrypted parts of a piece of the body.
#[derive(Clone, Copy)]
pub(crate) struct Sealed<'a> {
    pub(crate) iv: &'a [u8; IV_LENGTH],
    pub(crate) content: &'a [u8],
    pub(crate) tag: &'a [u8; TAG_LENGTH],
}

/// The IV of a frame that we write: its sequence number, big-endian, as every client does.
pub(crate) fn frame_iv(sequence: u32) -> [u8; IV_LENGTH] {
    let mut iv = [0; IV_LENGTH];
    // INVARIANT: 4 bytes at the end of 12.
    iv[IV_LENGTH - 4..].copy_from_slice(&sequence.to_be_bytes());
    iv
}
