"""The AWS Encryption SDK for Python, timed: `encrypt N` or `decrypt N` a line on standard input, the
seconds for N messages of 1 KiB a line on standard output."""

import sys
import time

import aws_encryption_sdk
from aws_encryption_sdk.identifiers import (
    AlgorithmSuite,
    CommitmentPolicy,
    EncryptionKeyType,
    WrappingAlgorithm,
)
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKey

CLIENT = aws_encryption_sdk.EncryptionSDKClient(
    commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
)
KEY = RawMasterKey(
    key_id="invoices/1",
    provider_id="keyward:acme",
    wrapping_key=WrappingKey(
        WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
        bytes([9] * 32),
        EncryptionKeyType.SYMMETRIC,
    ),
)
CONTEXT = {
    "keyward:tenant": "acme",
    "keyward:dataset": "invoices",
    "keyward:object": "0123456789abcdef0123456789abcdef",
    "keyward:name": "2026/11/24/0001.pdf",
}
PLAINTEXT = bytes([7] * 1024)


def encrypt():
    # The suite that Keyward writes: the SDK's own choice would sign each message as well.
    return CLIENT.encrypt(
        source=PLAINTEXT,
        key_provider=KEY,
        encryption_context=CONTEXT,
        algorithm=AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
    )[0]


SEALED = encrypt()


def decrypt():
    return CLIENT.decrypt(source=SEALED, key_provider=KEY)[0]


for line in sys.stdin:
    what, count = line.split()
    work = encrypt if what == "encrypt" else decrypt
    start = time.perf_counter()
    for _ in range(int(count)):
        work()
    print(time.perf_counter() - start, flush=True)
