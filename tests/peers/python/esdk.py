"""The AWS Encryption SDK for Python as a peer: one case a line on standard input, one answer a line.

A case is JSON: `do` (`encrypt` or `decrypt`), `key` (base64), `namespace`, `name`, and `message`
(base64) or `plaintext` (base64), `context`, `suite` and `frame_length` (0: unframed). The answer is
`{"output": base64, "context": {...}}` or `{"error": "..."}`.
"""

import base64
import json
import logging
import sys

import aws_encryption_sdk
from aws_encryption_sdk.identifiers import (
    AlgorithmSuite,
    CommitmentPolicy,
    EncryptionKeyType,
    WrappingAlgorithm,
)
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKey

# What it refuses is in the answers; its log would only repeat that.
logging.disable(logging.CRITICAL)

CLIENT = aws_encryption_sdk.EncryptionSDKClient(
    commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
)


def run(case):
    wrapping = WrappingKey(
        WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
        base64.b64decode(case["key"]),
        EncryptionKeyType.SYMMETRIC,
    )
    key = RawMasterKey(
        key_id=case["name"], provider_id=case["namespace"], wrapping_key=wrapping
    )
    if case["do"] == "decrypt":
        return CLIENT.decrypt(source=base64.b64decode(case["message"]), key_provider=key)
    return CLIENT.encrypt(
        source=base64.b64decode(case["plaintext"]),
        key_provider=key,
        encryption_context=case["context"],
        algorithm=AlgorithmSuite.get_by_id(case["suite"]),
        frame_length=case["frame_length"],
    )


for line in sys.stdin:
    try:
        output, header = run(json.loads(line))
        answer = {
            "output": base64.b64encode(output).decode(),
            "context": header.encryption_context,
        }
    except Exception as error:  # pylint: disable=broad-except
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
