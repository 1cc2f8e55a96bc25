"""A reader of Keyward's formats, written from docs/formats.md alone and with nothing of Keyward's: reads
the examples in the folder it is given, and prints what it found as JSON.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

EXAMPLES = Path(sys.argv[1])


class Reader:
    """Takes fields off the front of bytes."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        self.at += length
        assert self.at <= len(self.data)
        return self.data[self.at - length : self.at]

    def number(self, length):
        return int.from_bytes(self.take(length), "big")

    def sized(self, length=2):
        return self.take(self.number(length))

    def at_end(self):
        return self.at == len(self.data)


def example(name):
    """The bytes of an example that is written field by field; its second part too, where it has one."""
    parts = (EXAMPLES / name).read_text().split("\nadditional data\n")
    # A row is offset, field and digits, or digits alone; the digits start in column 42.
    return [bytes.fromhex("".join(row[42:] for row in part.splitlines())) for part in parts]


def read_context(section):
    reader = Reader(section)
    pairs = {}
    for _ in range(reader.number(2)):
        key = reader.sized().decode()
        pairs[key] = reader.sized().decode()
    assert reader.at_end() and list(pairs) == sorted(pairs, key=str.encode)
    return pairs


def read_entry(reader, data_key, context, namespace, name):
    """The object key in an entry."""
    assert reader.sized().decode() == namespace
    information = Reader(reader.sized())
    assert information.take(len(name)).decode() == name
    assert (information.number(4), information.number(4)) == (128, 12)
    iv = information.take(12)
    assert information.at_end()
    return AESGCM(data_key).decrypt(iv, reader.sized(), context)


def hkdf(message_id, object_key, info):
    return HKDF(hashes.SHA512(), 32, message_id, info).derive(object_key)


def read_message(message, data_key, entry=None, entry_key=None, entry_name=None):
    reader = Reader(message)
    assert (reader.number(1), reader.number(2)) == (2, 0x0478)
    message_id = reader.take(32)
    section = reader.sized()
    context = read_context(section)
    namespace = "keyward:" + context["keyward:tenant"]
    assert reader.number(2) == 1
    if entry is None:
        name = context["keyward:dataset"] + "/3"
        object_key = read_entry(reader, data_key, section, namespace, name)
    else:
        for _ in range(3):
            reader.sized()
        detached = Reader(entry)
        object_key = read_entry(detached, entry_key, section, namespace, entry_name)
        assert detached.at_end()
    assert reader.number(1) == 2
    frame_length = reader.number(4)
    assert reader.take(32) == hkdf(message_id, object_key, b"COMMITKEY")
    header = message[: reader.at]
    key = AESGCM(hkdf(message_id, object_key, b"\x04\x78DERIVEKEY"))
    assert key.decrypt(bytes(12), reader.take(16), header) == b""
    plaintext, expected = b"", 1
    while True:
        number = reader.number(4)
        final = number == 0xFFFFFFFF
        number = reader.number(4) if final else number
        assert number == expected
        expected += 1
        iv = reader.take(12)
        assert iv == number.to_bytes(12, "big")
        length = reader.number(4) if final else frame_length
        label = b"AWSKMSEncryptionClient Final Frame" if final else b"AWSKMSEncryptionClient Frame"
        data = message_id + label + number.to_bytes(4, "big") + length.to_bytes(8, "big")
        plaintext += key.decrypt(iv, reader.take(length + 16), data)
        if final:
            assert reader.at_end()
            return context, plaintext.decode()


def unwrap_local(blob, additional_data, root_key):
    reader = Reader(blob)
    assert (reader.number(1), reader.number(4)) == (1, 2)
    nonce = reader.take(24)

    def block(data):
        return Cipher(algorithms.AES(root_key), modes.ECB()).encryptor().update(data)

    l = int.from_bytes(block(bytes(16)), "big")
    k1 = (l << 1) % (1 << 128) ^ (0x87 if l >> 127 else 0)
    derived = b""
    for counter in (1, 2):
        m = bytes([0, counter, 0x58, 0]) + nonce[:12]
        derived += block((int.from_bytes(m, "big") ^ k1).to_bytes(16, "big"))
    return AESGCM(derived).decrypt(nonce[12:], reader.take(48), additional_data)


def lines_and_note(text):
    """The lines before the first empty line, and the signed note after it."""
    head, _, note = text.partition("\n\n")
    return head.split("\n"), note


def verify_log(folder):
    """The number of records, once every hash and the signature are right."""
    bundle, records = Reader((folder / "tile/entries/000.p/2").read_bytes()), []
    while not bundle.at_end():
        records.append(bundle.sized())
    assert records == (folder / "records.jsonl").read_bytes().splitlines()
    leaves = [hashlib.sha256(b"\0" + record).digest() for record in records]
    assert [leaf.hex() for leaf in leaves] == (folder / "leaves.txt").read_text().split()
    assert b"".join(leaves) == (folder / "tile/0/000.p/2").read_bytes()

    def root(leaves):
        if len(leaves) == 1:
            return leaves[0]
        split = 1 << (len(leaves) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + root(leaves[:split]) + root(leaves[split:])).digest()

    (mark, extra, index, sibling), note = lines_and_note((folder / "1.tlog-proof").read_text())
    assert (mark, index) == ("c2sp.org/tlog-proof@v1", "index 1")
    proven = base64.b64decode(extra.removeprefix("extra "))
    right = hashlib.sha256(b"\0" + proven).digest()
    joined = hashlib.sha256(b"\1" + base64.b64decode(sibling) + right).digest()
    assert joined == root(leaves) and note == (folder / "checkpoint").read_text()

    origin, key_id, material = (folder / "keys").read_text().strip().split("+", 2)
    material = base64.b64decode(material)
    assert material[0] == 1
    assert hashlib.sha256(origin.encode() + b"\n" + material).digest()[:4].hex() == key_id
    text, _, signatures = (folder / "checkpoint").read_text().rpartition("\n\n")
    text += "\n"
    dash, name, signature = signatures.strip().split(" ")
    assert (dash, name) == ("\u2014", origin)
    signature = base64.b64decode(signature)
    assert signature[:4].hex() == key_id
    Ed25519PublicKey.from_public_bytes(material[1:]).verify(signature[4:], text.encode())
    assert text == f"{origin}\n{len(records)}\n{base64.b64encode(root(leaves)).decode()}\n"
    for number, record in enumerate(records):
        fields = json.loads(record)
        assert fields["seq"] == number and fields["v"] == 1
        # All names and texts here sort alike by bytes and by UTF-16.
        canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert canonical.encode() == record
    return len(records)


def main():
    (message,) = example("object-message.txt")
    (entry,) = example("object.4.entry.txt")
    context, plaintext = read_message(message, b"\x44" * 32)
    contexts = json.loads((EXAMPLES / "encryption-contexts.json").read_text())
    assert context == contexts["object"]
    moved = read_message(message, None, entry, b"\x55" * 32, "invoices/4")
    assert moved == (context, plaintext)
    blob, additional_data = example("wrapped-key-local.txt")
    data_key = unwrap_local(blob, additional_data, b"\x01" * 32)
    found = {
        "plaintext": plaintext,
        "data_key": data_key.hex(),
        "records": verify_log(EXAMPLES / "audit"),
    }
    print(json.dumps(found))


main()
