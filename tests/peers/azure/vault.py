"""What a Key Vault and a Managed HSM hold and do: keys, versions, states and the arithmetic, all of it real.

After the REST reference of Azure Key Vault (api-version 2025-07-01), "Keys". A failure is a `Refusal` with
the status and the codes of the real service. What was measured there and isn't in the reference:

- a disabled key still wraps, encrypts and verifies; only what takes its private half is refused
  (github.com/Azure/azure-sdk-for-python/issues/45342);
- a disabled key is still shown, and its attributes can be changed;
- an attribute belongs to one version: without a version named, it is the current one's.
"""

import base64
import secrets
import time
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

DAY = 24 * 60 * 60
RECOVERABLE_DAYS = 90
PAGE = 25
OPERATIONS = {
    "RSA": ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"],
    "EC": ["sign", "verify"],
    "oct": ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
}
CURVES = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1}
OAEP = {
    "RSA-OAEP-256": padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None),
    "RSA-OAEP": padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None),
}
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384()}
# What takes the private half, and so is refused once the key is disabled.
PRIVATE = {"unwrapKey", "decrypt", "sign"}


class Refusal(Exception):
    """An answer that isn't a success: `{"error": {"code": ..., "message": ..., "innererror": ...}}`."""

    def __init__(self, status, code, message, inner=None):
        super().__init__(message)
        self.status = status
        self.error = {"code": code, "message": message}
        if inner:
            self.error["innererror"] = {"code": inner}


def bad_parameter(message):
    return Refusal(400, "BadParameter", message)


def not_found(name):
    return Refusal(
        404,
        "KeyNotFound",
        f"A key with (name/id) {name} was not found in this key vault. If you recently deleted this key you "
        "may be able to recover it using the correct recovery command.",
    )


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text):
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (TypeError, ValueError):
        raise bad_parameter("Content of 'value' is not base64url.")


def number(value):
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass
class Version:
    """One version of a key. `secret` is a private key, or an AES key's bytes."""

    kty: str
    secret: object
    key_ops: list
    tags: dict
    enabled: bool = True
    not_before: int | None = None
    expires: int | None = None
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    created: int = field(default_factory=lambda: int(time.time()))
    updated: int = field(default_factory=lambda: int(time.time()))

    @property
    def family(self):
        return self.kty.removesuffix("-HSM")

    def attributes(self):
        said = {"nbf": self.not_before, "exp": self.expires}
        return {
            "enabled": self.enabled,
            "created": self.created,
            "updated": self.updated,
            "recoveryLevel": "Recoverable+Purgeable",
            "recoverableDays": RECOVERABLE_DAYS,
            "exportable": False,
            **{name: value for name, value in said.items() if value is not None},
        }

    def public(self, kid):
        key = {"kid": kid, "kty": self.kty, "key_ops": self.key_ops}
        if self.family == "RSA":
            numbers = self.secret.public_key().public_numbers()
            key |= {"n": number(numbers.n), "e": number(numbers.e)}
        elif self.family == "EC":
            numbers = self.secret.public_key().public_numbers()
            length = (self.secret.key_size + 7) // 8
            names = {256: "P-256", 384: "P-384"}
            key |= {
                "crv": names[self.secret.key_size],
                "x": encoded(numbers.x.to_bytes(length, "big")),
                "y": encoded(numbers.y.to_bytes(length, "big")),
            }
        return key

    def update(self, change):
        attributes = change.get("attributes") or {}
        self.enabled = attributes.get("enabled", self.enabled)
        self.not_before = attributes.get("nbf", self.not_before)
        self.expires = attributes.get("exp", self.expires)
        self.key_ops = change.get("key_ops", self.key_ops)
        self.tags = change.get("tags", self.tags)
        self.updated = int(time.time())

    def require(self, operation):
        if operation not in self.key_ops:
            message = f"Operation {operation} is not permitted on this key."
            raise Refusal(403, "Forbidden", message, "KeyOperationForbidden")
        if not self.enabled and operation in PRIVATE:
            message = f"Operation {operation} is not allowed on a disabled key."
            raise Refusal(403, "Forbidden", message, "KeyDisabled")
        if operation in ("wrapKey", "encrypt", "sign"):
            now = time.time()
            if self.expires is not None and now >= self.expires:
                message = f"Operation {operation} is not allowed on an expired key."
                raise Refusal(403, "Forbidden", message, "KeyExpired")
            if self.not_before is not None and now < self.not_before:
                message = f"Operation {operation} is not allowed on a key before its activation."
                raise Refusal(403, "Forbidden", message, "KeyNotYetValid")

    # --- The arithmetic ---

    def close(self, algorithm, value):
        if self.family == "RSA" and algorithm in OAEP:
            try:
                return self.secret.public_key().encrypt(value, OAEP[algorithm])
            except ValueError:
                raise bad_parameter("The parameter is incorrect.")
        if self.family == "oct" and algorithm == f"A{len(self.secret) * 8}KW":
            try:
                return keywrap.aes_key_wrap(self.secret, value)
            except ValueError:
                raise bad_parameter("The parameter is incorrect.")
        raise bad_parameter("Property 'alg' has a value that this key can't be used with.")

    def open(self, algorithm, value):
        if self.family == "RSA" and algorithm in OAEP:
            try:
                return self.secret.decrypt(value, OAEP[algorithm])
            except ValueError:
                raise bad_parameter("Error occurred while decoding OAEP padding.")
        if self.family == "oct" and algorithm == f"A{len(self.secret) * 8}KW":
            try:
                return keywrap.aes_key_unwrap(self.secret, value)
            except (keywrap.InvalidUnwrap, ValueError):
                raise bad_parameter("Unable to unwrap the specified value with this key.")
        raise bad_parameter("Property 'alg' has a value that this key can't be used with.")

    def scheme(self, algorithm, digest):
        hash_ = HASHES.get(algorithm[2:])
        if hash_ is None or len(digest) != hash_.digest_size:
            raise bad_parameter("The digest isn't as long as the algorithm's.")
        hashed = utils.Prehashed(hash_)
        if self.family == "RSA" and algorithm.startswith("PS"):
            return padding.PSS(padding.MGF1(hash_), hash_.digest_size), hashed
        if self.family == "RSA" and algorithm.startswith("RS"):
            return padding.PKCS1v15(), hashed
        if self.family == "EC" and algorithm == f"ES{self.secret.key_size}":
            return (ec.ECDSA(hashed),)
        raise bad_parameter("Property 'alg' has a value that this key can't be used with.")

    def sign(self, algorithm, digest):
        signature = self.secret.sign(digest, *self.scheme(algorithm, digest))
        if self.family == "EC":
            # RFC 7518, 3.4: R and S joined, not in DER.
            length = (self.secret.key_size + 7) // 8
            r, s = utils.decode_dss_signature(signature)
            return r.to_bytes(length, "big") + s.to_bytes(length, "big")
        return signature

    def verify(self, algorithm, digest, signature):
        if self.family == "EC":
            half = len(signature) // 2
            r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
            signature = utils.encode_dss_signature(r, s)
        try:
            self.secret.public_key().verify(signature, digest, *self.scheme(algorithm, digest))
        except InvalidSignature:
            return False
        return True


@dataclass
class Key:
    """A key by its name: its versions, oldest first, and its rotation policy."""

    versions: list
    policy: dict | None = None

    def version(self, name, version):
        if not version:
            return self.versions[-1]
        found = next((one for one in self.versions if one.id == version), None)
        if found is None:
            raise not_found(f"{name}/{version}")
        return found


class Vault:
    """The keys of one vault, or of a Managed HSM. Not safe for threads by itself."""

    def __init__(self, is_hsm):
        self.is_hsm = is_hsm
        self.keys = {}
        self.deleted = {}

    def create(self, name, asked):
        if name in self.deleted:
            message = (
                f"Key {name} is currently in a deleted but recoverable state, and its name cannot be reused; "
                "in this state, the key can only be recovered or purged."
            )
            raise Refusal(409, "Conflict", message, "ObjectIsDeletedButRecoverable")
        version = self.made(asked)
        self.keys.setdefault(name, Key([])).versions.append(version)
        return version

    def made(self, asked):
        kty = asked.get("kty")
        family = (kty or "").removesuffix("-HSM")
        if family not in OPERATIONS or (family == "oct") > self.is_hsm or self.is_hsm > kty.endswith("-HSM"):
            raise bad_parameter("Property 'kty' has a value that this store doesn't offer.")
        if family == "RSA":
            secret = rsa.generate_private_key(65537, asked.get("key_size") or 2048)
        elif family == "EC":
            secret = ec.generate_private_key(CURVES[asked.get("crv") or "P-256"]())
        else:
            secret = secrets.token_bytes((asked.get("key_size") or 256) // 8)
        version = Version(kty, secret, asked.get("key_ops") or OPERATIONS[family], asked.get("tags") or {})
        version.update({"attributes": asked.get("attributes")})
        return version

    def rotate(self, name):
        """A new version like the current one, with its operations and tags."""
        last = self.key(name).versions[-1]
        size = len(last.secret) * 8 if last.family == "oct" else last.secret.key_size
        asked = {"kty": last.kty, "key_size": size, "key_ops": last.key_ops, "tags": dict(last.tags)}
        if last.family == "EC":
            asked["crv"] = f"P-{size}"
        version = self.made(asked)
        self.keys[name].versions.append(version)
        return version

    def key(self, name):
        if name not in self.keys:
            raise not_found(name)
        return self.keys[name]

    def delete(self, name):
        key = self.key(name)
        del self.keys[name]
        self.deleted[name] = (key, int(time.time()))

    def deleted_key(self, name):
        if name not in self.deleted:
            raise not_found(name)
        return self.deleted[name]

    def recover(self, name):
        self.keys[name], _ = self.deleted_key(name)
        del self.deleted[name]

    def purge(self, name):
        self.deleted_key(name)
        del self.deleted[name]
