//! Wycheproof's vectors against the primitives, called as this crate calls them.

use aes_gcm::{
    Aes128Gcm, Aes256Gcm, AesGcm, KeyInit,
    aead::{AeadInOut, consts::U12},
    aes::Aes192,
};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use hkdf::Hkdf;
use sha2::{Sha256, Sha384, Sha512};
use wycheproof::{TestResult, aead, hkdf as hkdf_vectors};

/// Nonces of 96 bits and tags of 128 are all that the format has.
fn cases(key_size: usize) -> Vec<aead::Test> {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let groups = set.test_groups.into_iter().filter(|group| {
        group.key_size == key_size && group.nonce_size == 96 && group.tag_size == 128
    });
    let cases: Vec<_> = groups.flat_map(|group| group.tests).collect();
    assert!(!cases.is_empty());
    cases
}

#[test]
fn frames_and_header_tags_with_aws_lc() {
    for case in cases(256) {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &case.key).unwrap());
        let nonce = || Nonce::try_assume_unique_for_key(&case.nonce).unwrap();
        let mut opened = vec![0; case.ct.len()];
        let result = key.open_separate_gather(
            nonce(),
            Aad::from(&case.aad[..]),
            &case.ct,
            &case.tag,
            &mut opened,
        );
        if case.result == TestResult::Invalid {
            assert!(result.is_err(), "case {}", case.tc_id);
            continue;
        }
        result.unwrap();
        assert_eq!(opened, case.pt[..], "case {}", case.tc_id);
        let (mut content, mut tag) = (vec![0; case.pt.len()], [0; 16]);
        let aad = Aad::from(&case.aad[..]);
        key.seal_out_of_place_scatter(nonce(), aad, &case.pt, &mut content, &[], &mut tag).unwrap();
        assert_eq!((&content[..], &tag[..]), (&case.ct[..], &case.tag[..]), "case {}", case.tc_id);
        if case.pt.is_empty() {
            let aad = Aad::from(&case.aad[..]);
            let tag = key.seal_in_place_separate_tag(nonce(), aad, &mut []).unwrap();
            assert_eq!(tag.as_ref(), &case.tag[..], "case {}", case.tc_id);
        }
    }
}

#[test]
fn entries_with_aes_gcm() {
    entries::<Aes128Gcm>(128);
    entries::<AesGcm<Aes192, U12>>(192);
    entries::<Aes256Gcm>(256);
}

fn entries<C>(key_size: usize)
where
    C: KeyInit + AeadInOut + aes_gcm::aead::AeadCore<NonceSize = U12>,
{
    for case in cases(key_size) {
        let cipher = C::new_from_slice(&case.key).unwrap();
        let nonce = case.nonce[..].try_into().unwrap();
        let tag = case.tag[..].try_into().unwrap();
        let mut buffer = case.ct.to_vec();
        let opened =
            cipher.decrypt_inout_detached(nonce, &case.aad, buffer.as_mut_slice().into(), tag);
        if case.result == TestResult::Invalid {
            assert!(opened.is_err(), "case {}", case.tc_id);
            continue;
        }
        opened.unwrap();
        assert_eq!(buffer, case.pt[..], "case {}", case.tc_id);
        let made =
            cipher.encrypt_inout_detached(nonce, &case.aad, buffer.as_mut_slice().into()).unwrap();
        assert_eq!((&buffer[..], &made[..]), (&case.ct[..], &case.tag[..]), "case {}", case.tc_id);
    }
}

macro_rules! derivation {
    ($name:ident, $vectors:ident, $hash:ty) => {
        #[test]
        fn $name() {
            let set = hkdf_vectors::TestSet::load(hkdf_vectors::TestName::$vectors).unwrap();
            for case in set.test_groups.into_iter().flat_map(|group| group.tests) {
                let mut out = vec![0; case.size];
                // Both ways that derivation calls it: the info whole, and in two parts.
                let hkdf = Hkdf::<$hash>::new(Some(&case.salt), &case.ikm);
                let whole = hkdf.expand(&case.info, &mut out);
                if case.result == TestResult::Invalid {
                    assert!(whole.is_err(), "case {}", case.tc_id);
                    continue;
                }
                whole.unwrap();
                assert_eq!(out, case.okm[..], "case {}", case.tc_id);
                let (first, second) = case.info.split_at(case.info.len() / 2);
                out.fill(0);
                hkdf.expand_multi_info(&[first, second], &mut out).unwrap();
                assert_eq!(out, case.okm[..], "case {}", case.tc_id);
            }
        }
    };
}

derivation!(format_2_derives_with_sha_512, HkdfSha512, Sha512);
derivation!(format_1_derives_with_sha_256, HkdfSha256, Sha256);
derivation!(format_1_signed_derives_with_sha_384, HkdfSha384, Sha384);
