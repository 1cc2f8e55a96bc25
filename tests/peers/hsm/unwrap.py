"""A tenant's own client of its HSM: opens what Keyward wrapped, by docs/formats.md alone.

Usage: unwrap.py LIBRARY TOKEN LABEL CONTEXT, with the PIN in HSM_PIN and the blob in base64 on standard
input. CONTEXT is the encryption context as a JSON object. Prints the key in base64; fails where the blob
doesn't open in that context.
"""

import base64
import hashlib
import json
import os
import sys

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass


def number(value):
    return value.to_bytes(4, "big")


def text(value):
    value = value.encode()
    return number(len(value)) + value


def canonical(context):
    """The number of pairs, and each pair, in the order of the keys' bytes."""
    pairs = sorted(context.items(), key=lambda pair: pair[0].encode())
    return number(len(pairs)) + b"".join(text(key) + text(value) for key, value in pairs)


def main():
    library, token, label, context = sys.argv[1:]
    context = json.loads(context)
    blob = base64.b64decode(sys.stdin.read())
    version, body = int.from_bytes(blob[1:5], "big"), blob[5:]
    with pkcs11.lib(library).get_token(token_label=token).open(user_pin=os.environ["HSM_PIN"]) as session:
        key = session.get_key(
            object_class=ObjectClass.SECRET_KEY,
            label=label,
            id=version.to_bytes((version.bit_length() + 7) // 8, "big"),
        )
        if blob[0] == 1:
            aad = b"keyward pkcs11 wrap v1" + number(version) + canonical(context)
            parameters = pkcs11.GCMParams(body[:12], aad, 128)
            secret = key.decrypt(body[12:], mechanism=Mechanism.AES_GCM, mechanism_param=parameters)
        else:
            bound = key.unwrap_key(
                ObjectClass.SECRET_KEY,
                KeyType.GENERIC_SECRET,
                body,
                mechanism=Mechanism.AES_KEY_WRAP_PAD,
                template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True},
            )[Attribute.VALUE]
            digest = hashlib.sha256(b"keyward bound context v1" + canonical(context)).digest()
            if bound[:8] != b"keyward\x01" or bound[40:] != digest:
                sys.exit("the key is of another context")
            secret = bound[8:40]
    print(base64.b64encode(secret).decode())


main()
