"""One thing that the owner of a key does with Microsoft's own client, for tests.

Usage: client.py STORE-URL ACTION, the parameters as JSON on standard input.

Who asks, and where, is in the environment, as for any program that uses Azure: AZURE_TENANT_ID, AZURE_CLIENT_ID,
AZURE_CLIENT_SECRET, AZURE_AUTHORITY_HOST; and in PEER_CA the file of the authority that certifies the server.
Bytes are in base64, both ways. Prints the answer as JSON.
"""

import base64
import hashlib
import json
import os
import sys

from azure.identity import ClientSecretCredential
from azure.keyvault.keys import KeyClient, KeyRotationLifetimeAction, KeyRotationPolicy, KeyType
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm, SignatureAlgorithm
from azure.keyvault.keys.crypto._providers import NoLocalCryptography


def described(key):
    return {
        "id": key.id,
        "type": str(key.key_type),
        "operations": [str(operation) for operation in key.key_operations],
        **properties(key.properties),
    }


def properties(said):
    return {
        "name": said.name,
        "version": said.version,
        "enabled": said.enabled,
        "tags": said.tags or {},
        "created": said.created_on.timestamp(),
    }


def text(data):
    return base64.b64encode(data).decode()


def create(client, asked, _):
    kind = asked.pop("type")
    options = {
        "size": asked.get("size"),
        "curve": asked.get("curve"),
        "tags": asked.get("tags"),
        "key_operations": asked.get("operations"),
    }
    options = {name: value for name, value in options.items() if value is not None}
    return described(client.create_key(asked["name"], kind, **options))


def set_properties(client, asked, _):
    change = {name: asked[name] for name in ("enabled", "tags", "key_operations") if name in asked}
    return described(client.update_key_properties(asked["name"], asked.get("version"), **change))


def set_rotation(client, asked, _):
    action = KeyRotationLifetimeAction("rotate", time_after_create=asked["every"])
    policy = client.update_key_rotation_policy(
        asked["name"], KeyRotationPolicy(), lifetime_actions=[action]
    )
    return [[str(one.action), one.time_after_create] for one in policy.lifetime_actions]


def deleted(client, asked, _):
    key = client.get_deleted_key(asked["name"])
    return {"scheduled": key.scheduled_purge_date.timestamp(), **properties(key.properties)}


def delete(client, asked, _):
    key = client.begin_delete_key(asked["name"]).result()
    return {"scheduled": key.scheduled_purge_date.timestamp()}


def wrap(_, asked, cryptography):
    # With an RSA key the client does this by itself, which proves the server's public keys.
    algorithm = KeyWrapAlgorithm(asked["algorithm"])
    result = cryptography().wrap_key(algorithm, base64.b64decode(asked["value"]))
    return {"id": result.key_id, "value": text(result.encrypted_key)}


def unwrap(_, asked, cryptography):
    algorithm = KeyWrapAlgorithm(asked["algorithm"])
    result = cryptography().unwrap_key(algorithm, base64.b64decode(asked["value"]))
    return {"id": result.key_id, "value": text(result.key)}


def sign(_, asked, cryptography):
    algorithm = SignatureAlgorithm(asked["algorithm"])
    digest = hashlib.new(f"sha{algorithm.value[2:]}", base64.b64decode(asked["message"])).digest()
    crypto = cryptography()
    signature = crypto.sign(algorithm, digest).signature
    return {"value": text(signature), "verified": crypto.verify(algorithm, digest, signature).is_valid}


ACTIONS = {
    "create": create,
    "get": lambda client, asked, _: described(client.get_key(asked["name"], asked.get("version"))),
    "versions": lambda client, asked, _: [
        properties(one) for one in client.list_properties_of_key_versions(asked["name"])
    ],
    "set": set_properties,
    "rotate": lambda client, asked, _: described(client.rotate_key(asked["name"])),
    "set-rotation": set_rotation,
    "delete": delete,
    "deleted": deleted,
    "recover": lambda client, asked, _: described(
        client.begin_recover_deleted_key(asked["name"]).result()
    ),
    "purge": lambda client, asked, _: client.purge_deleted_key(asked["name"]),
    "wrap": wrap,
    "unwrap": unwrap,
    "sign": sign,
}


def main():
    url, action = sys.argv[1:]
    asked = json.load(sys.stdin)
    ca = os.environ["PEER_CA"]
    credential = ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=os.environ["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
        connection_verify=ca,
    )
    # The server's name isn't one of Azure's, which the client would otherwise insist on.
    options = {"verify_challenge_resource": False, "connection_verify": ca}
    client = KeyClient(url, credential, **options)

    def cryptography():
        key = client.get_key(asked["name"], asked.get("version"))
        crypto = CryptographyClient(key, credential, **options)
        if key.key_type == KeyType.oct_hsm:
            # Of such a key nothing leaves the HSM. The client would make a random one in its place, and wrap
            # with that by itself.
            crypto._initialized, crypto._local_provider = True, NoLocalCryptography()
        return crypto

    json.dump(ACTIONS[action](client, asked, cryptography), sys.stdout)


if __name__ == "__main__":
    main()
