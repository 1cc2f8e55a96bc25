//! What an owner of a key in Azure runs to open by itself what the key wrapped. Azure's own tool has no
//! command for that, but one that asks the REST API as whoever is logged in.

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use keyward_core::reference::AzureKey;

/// The names of the algorithms, by their byte in a wrapped key (`docs/formats.md`, "A wrapped data key").
const ALGORITHMS: [(u8, &str); 2] = [(1, "RSA-OAEP-256"), (2, "A256KW")];

/// A command for a POSIX shell that unwraps a blob, in base64, and prints the key's 32 bytes; `None` where
/// it is no blob of Azure's.
pub(crate) fn unwrap(key: &AzureKey, blob: &str) -> Option<String> {
    let blob = BASE64_STANDARD.decode(blob).ok()?;
    let (&[1, algorithm], rest) = blob.split_first_chunk()? else { return None };
    let (version, ciphertext) = rest.split_first_chunk::<16>()?;
    let (_, algorithm) = ALGORITHMS.iter().find(|(byte, _)| *byte == algorithm)?;
    let version: String = version.iter().map(|byte| format!("{byte:02x}")).collect();
    let value = BASE64_URL_SAFE_NO_PAD.encode(ciphertext);
    // The answer's base64 is the URL-safe one; of its 72 bytes the key is 32, after 8.
    Some(format!(
        "az rest --method post --resource {} --url '{}/keys/{}/{version}/unwrapkey?api-version=7.4' \
         --headers Content-Type=application/json --body '{{\"alg\":\"{algorithm}\",\"value\":\"{value}\"}}' \
         --query value --output tsv | tr -d '\\r\\n' | tr '_-' '/+' | base64 -d | tail -c +9 | head -c 32",
        key.audience(),
        key.store_url(),
        key.name(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> AzureKey {
        "https://acme.vault.azure.net/keys/root".parse().unwrap()
    }

    #[test]
    fn what_is_no_blob_gives_no_command() {
        for blob in [
            &b""[..],
            &[1],
            &[1, 1],
            &[1; 17],
            &[2; 18],
            &[1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(unwrap(&key(), &BASE64_STANDARD.encode(blob)), None, "{blob:?}");
        }
        assert_eq!(unwrap(&key(), "not base64"), None);
    }

    /// With an `az` that answers as the REST API does.
    #[cfg(unix)]
    #[test]
    fn a_shell_takes_the_key_out_of_the_answer() {
        let payload = [&b"keyward\x01"[..], &[0xfb; 32], &[0xff; 32]].concat();
        let answer = BASE64_URL_SAFE_NO_PAD.encode(&payload);
        let blob = BASE64_STANDARD.encode([&[1, 2][..], &[0xab; 16], &[0x3e; 80]].concat());
        let command = unwrap(&key(), &blob).unwrap();
        let script = format!("az() {{ printf '%s\\n' \"$@\" >&2; echo {answer}; }}\n{command}");
        let output = std::process::Command::new("sh").args(["-euc", &script]).output().unwrap();
        assert_eq!(output.stdout, [0xfb; 32]);
        let asked = String::from_utf8(output.stderr).unwrap();
        let version = "ab".repeat(16);
        assert!(asked.contains(&format!("/keys/root/{version}/unwrapkey?api-version=7.4\n")));
        let value = BASE64_URL_SAFE_NO_PAD.encode([0x3e; 80]);
        assert!(
            asked.contains(&format!("{{\"alg\":\"A256KW\",\"value\":\"{value}\"}}\n")),
            "{asked}"
        );
    }
}
