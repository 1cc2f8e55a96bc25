#!/usr/bin/env python3
"""Reads one object with the AWS Encryption SDK for Python and nothing else of anybody's.

    python3 read_object.py --key invoices/keys/1.key --namespace keyward:acme --name invoices/1 \
        MESSAGE OUTPUT

KEY holds the 32 bytes of the data key, unwrapped. Where objects.csv names an entry file for the
object, give it with --entry: the object's key has been moved there, and the header's own entry still
is the one for an older data key.

OUTPUT appears once the whole message is verified, and never takes an existing file's place.
"""

import argparse
import logging
import os
import sys
import tempfile

import aws_encryption_sdk
from aws_encryption_sdk.identifiers import (
    CommitmentPolicy,
    EncryptionKeyType,
    WrappingAlgorithm,
)
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKey
from aws_encryption_sdk.structures import EncryptedDataKey, MasterKeyInfo

# The SDK logs what it refuses too; once is enough.
logging.getLogger("aws_encryption_sdk").addHandler(logging.NullHandler())


class Refused(Exception):
    """What is stored isn't what it should be."""


class DataKey(RawMasterKey):
    """A raw AES key that opens one object alone, with an entry beside it where there is one."""

    entry = None
    expected = {}

    def decrypt_data_key_from_list(self, encrypted_data_keys, algorithm, encryption_context):
        """Checks the context before any key is used, and gives the object's key."""
        for key, value in self.expected.items():
            if encryption_context.get(key) != value:
                raise Refused(f"its {key} is not {value!r}")
        entries = encrypted_data_keys if self.entry is None else [self.entry]
        return super().decrypt_data_key_from_list(entries, algorithm, encryption_context)


def read_key(path):
    """The bytes of an unwrapped data key."""
    with open(path, "rb") as file:
        key = file.read(33)
    if len(key) != 32:
        raise Refused(f"the key file {path} has not 32 bytes: unwrap it again, as README.md says")
    return key


def read_entry(path):
    """An entry file: three fields, each after its length in two bytes."""
    with open(path, "rb") as file:
        data = file.read()
    fields = []
    for _ in range(3):
        length = int.from_bytes(data[:2], "big")
        if len(data) < 2 + length:
            raise Refused(f"the entry file {path} is cut off")
        fields.append(data[2 : 2 + length])
        data = data[2 + length :]
    if data:
        raise Refused(f"the entry file {path} has bytes after its end")
    provider, information, ciphertext = fields
    return EncryptedDataKey(
        key_provider=MasterKeyInfo(provider_id=provider.decode("utf-8"), key_info=information),
        encrypted_data_key=ciphertext,
    )


def read_object(key, namespace, name, message, output, entry=None, expected=None):
    """Decrypts the file `message` into the new file `output`, and gives the plaintext's length."""
    if os.path.lexists(output):
        raise Refused(f"{output} is there already")
    wrapping = WrappingKey(
        WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING, key, EncryptionKeyType.SYMMETRIC
    )
    data_key = DataKey(key_id=name, provider_id=namespace, wrapping_key=wrapping)
    data_key.expected = {
        "keyward:tenant": namespace.removeprefix("keyward:"),
        "keyward:dataset": name.rpartition("/")[0],
        **(expected or {}),
    }
    if entry is not None:
        data_key.entry = read_entry(entry)
    client = aws_encryption_sdk.EncryptionSDKClient(
        commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
        max_encrypted_data_keys=1,
    )
    folder = os.path.dirname(output) or "."
    handle, held = tempfile.mkstemp(prefix=".reading-", dir=folder)
    try:
        length = 0
        with open(message, "rb") as source, os.fdopen(handle, "wb") as target:
            with client.stream(mode="d", source=source, key_provider=data_key) as plaintext:
                for chunk in plaintext:
                    length += target.write(chunk)
                if source.read(1):
                    raise Refused("it has bytes after its end")
        os.replace(held, output)
        return length
    except BaseException:
        os.unlink(held)
        raise


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--key", required=True, help="file with the unwrapped data key")
    parser.add_argument("--namespace", required=True, help="keyward:TENANT")
    parser.add_argument("--name", required=True, help="DATASET/VERSION of the data key")
    parser.add_argument("--entry", help="the entry file, where objects.csv names one")
    parser.add_argument("message", help="the object as it is stored")
    parser.add_argument("output", help="a new file for the plaintext")
    options = parser.parse_args()
    try:
        key = read_key(options.key)
        length = read_object(
            key, options.namespace, options.name, options.message, options.output, options.entry
        )
    except Exception as error:  # pylint: disable=broad-except
        # The SDK fails with its own classes, the cipher's and built-in ones: each means no plaintext.
        sys.exit(f"{options.message}: refused: {error or type(error).__name__}")
    print(f"{options.output}: {length} bytes")


if __name__ == "__main__":
    main()
