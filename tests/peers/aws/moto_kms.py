"""AWS KMS for tests: moto's server, with what moto leaves out of KMS put in.

Usage: moto_kms.py [--port PORT] [--until-stdin-ends]

Prints `http://127.0.0.1:PORT` in a line of its own once it listens; without a port it takes a free
one. With the other option it ends with whoever started it, however that one ends.

Put in: disabled keys and keys pending deletion refuse to work; EnableKey does not revive a key that
is pending deletion; decrypting with another key than the ciphertext's gives IncorrectKeyException;
ReEncrypt checks its source key; multi-Region keys have ids of AWS's form, share their material and
their rotations with their replicas, and decrypt in every region; rotation makes new material and old
ciphertexts still open; contexts that read alike when joined are told apart; RSASSA-PSS salts are as
long as the digest.

And a control for tests, on the same port:

  POST /keyward-peer/faults    a JSON list of faults, replacing those there were; each one
      {"operation": "Decrypt",     only this operation (left out: every one)
       "region": "eu-central-1",   only in this region (left out: every one)
       "times": 2,                 only so many times (left out: always)
       "skip": 3,                  only after so many that matched
       "delay": 0.5,               seconds to wait first
       "status": 400,              the answer; left out: the request is served after the delay
       "code": "ThrottlingException", "message": "...", "headers": {"retry-after": "1"},
       "body": "<html>"}           a body of its own instead of code and message
  GET  /keyward-peer/requests  how often each operation was asked for: {"REGION/Operation": 3}
  GET  /keyward-peer/signers   who has signed requests: ["ACCESS KEY ID", or "ACCESS KEY ID with a token"]
  POST /keyward-peer/forget    counts from zero again, and forgets who has signed
  POST /keyward-peer/delete    {"region": ..., "key": ID}: the key is gone, as after its waiting time
"""

import argparse
import copy
import json
import os
import re
import sys
import threading
import time

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import JsonRESTError
from moto.kms import models, utils
from moto.kms.exceptions import InvalidCiphertextException, InvalidKeyUsageException
from moto.kms.models import Key, KmsBackend, kms_backends
from moto.kms.responses import KmsResponse
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server


# --- What KMS does and moto doesn't -----------------------------------------------------------------


def require_enabled(key):
    """Refuses what a key's state forbids (developer guide, "Key states of AWS KMS keys")."""
    if key.key_state == "Disabled":
        raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")
    require_not_pending_deletion(key)


def require_not_pending_deletion(key):
    if key.key_state == "PendingDeletion":
        raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is pending deletion.")


def key_in(backend, key_id):
    return backend.keys[backend.any_id_to_key_id(key_id)]


def new_key(self, *args, **kwargs):
    moto_key_init(self, *args, **kwargs)
    # Moto keeps what the request left out; KMS says the default.
    self.key_usage = self.key_usage or "ENCRYPT_DECRYPT"
    # Replicas are shallow copies, so they share this list: one key material in every region.
    self.materials = [self.key_material]


def new_key_id(multi_region=False):
    """AWS's multi-Region ids are `mrk-` and 32 hex digits; moto keeps the hyphens of the UUID."""
    key_id = moto_generate_key_id(False)
    return "mrk-" + key_id.replace("-", "") if multi_region else key_id


def encrypt(self, key_id, plaintext, encryption_context):
    key = key_in(self, key_id)
    require_enabled(key)
    if key.key_spec != "SYMMETRIC_DEFAULT":
        raise InvalidKeyUsageException()
    key.key_material = key.materials[-1]
    return moto_encrypt(self, key.id, plaintext, encryption_context)


def additional_data(encryption_context):
    """Moto joins names and values, so that `a: bc` and `ab: c` are the same to it."""
    return json.dumps(encryption_context or {}, sort_keys=True).encode()


def decrypt(self, ciphertext_blob, encryption_context, key_id=None):
    try:
        ciphertext = utils._deserialize_ciphertext_blob(ciphertext_blob)
        embedded = ciphertext.key_id
    except Exception:
        raise InvalidCiphertextException()
    if key_id is not None and self.any_id_to_key_id(key_id) != embedded:
        require_enabled(key_in(self, key_id))
        if any(embedded in region.keys for region in kms_backends[self.account_id].values()):
            raise JsonRESTError(
                "IncorrectKeyException",
                "The key ID in the request does not identify a CMK that can perform this operation.",
            )
        # KMS authenticates its ciphertexts' headers: a changed key id is a damaged ciphertext.
        raise InvalidCiphertextException()
    if embedded not in self.keys:
        raise JsonRESTError(
            "AccessDeniedException",
            "The ciphertext refers to a customer master key that does not exist, "
            "does not exist in this region, or you are not allowed to access.",
        )
    key = self.keys[embedded]
    require_enabled(key)
    aad = utils._serialize_encryption_context(encryption_context=encryption_context)
    for material in reversed(key.materials):
        try:
            sealed = ciphertext.ciphertext + ciphertext.tag
            return AESGCM(material).decrypt(ciphertext.iv, sealed, aad), key.arn
        except InvalidTag:
            continue
    raise InvalidCiphertextException()


def re_encrypt_response(self):
    """Moto ignores SourceKeyId."""
    source = self._get_param("SourceKeyId")
    if source:
        self._validate_key_id(source)
        self.kms_backend.decrypt(
            self._get_param("CiphertextBlob"), self._get_param("SourceEncryptionContext", {}), source
        )
    return moto_re_encrypt_response(self)


def replicate_key(self, key_id, replica_region):
    key = key_in(self, key_id)
    require_enabled(key)
    if not key.multi_region:
        raise JsonRESTError("UnsupportedOperationException", f"{key.arn} is not multi-Region.")
    replica = moto_replicate_key(self, key.id, replica_region)
    # Moto lets primary and replica share the dictionary that says which of them is which.
    replica.multi_region_configuration = copy.deepcopy(key.multi_region_configuration)
    replica.multi_region_configuration["MultiRegionKeyType"] = "REPLICA"
    replica.aliases = {}
    return replica


def rotate_key_on_demand(self, key_id):
    key = key_in(self, key_id)
    require_enabled(key)
    if key.multi_region and key.multi_region_configuration["MultiRegionKeyType"] == "REPLICA":
        raise JsonRESTError("UnsupportedOperationException", f"{key.arn} is a replica key.")
    if key.key_spec != "SYMMETRIC_DEFAULT":
        raise JsonRESTError("UnsupportedOperationException", f"{key.arn} can't rotate.")
    key.materials.append(utils.generate_master_key())
    return moto_rotate_key_on_demand(self, key.id)


def sign(self, key_id, *args, **kwargs):
    require_enabled(key_in(self, key_id))
    return moto_sign(self, key_id, *args, **kwargs)


def get_public_key(self, key_id):
    require_enabled(key_in(self, key_id))
    if key_in(self, key_id).key_spec == "SYMMETRIC_DEFAULT":
        raise JsonRESTError("UnsupportedOperationException", "The key is symmetric.")
    return moto_get_public_key(self, key_id)


def get_public_key_response(self):
    """Moto leaves KeySpec out and gives an id where KMS gives the key's ARN."""
    answer = json.loads(moto_get_public_key_response(self))
    key = key_in(self.kms_backend, self._get_param("KeyId"))
    return json.dumps({**answer, "KeySpec": key.key_spec, "KeyId": key.arn})


def enable_key(self, key_id):
    require_not_pending_deletion(key_in(self, key_id))
    moto_enable_key(self, self.get_key_id(key_id))


def disable_key(self, key_id):
    require_not_pending_deletion(key_in(self, key_id))
    moto_disable_key(self, self.get_key_id(key_id))


def schedule_key_deletion(self, key_id, days):
    require_not_pending_deletion(key_in(self, key_id))
    return moto_schedule_key_deletion(self, self.get_key_id(key_id), days)


def cancel_key_deletion(self, key_id):
    moto_cancel_key_deletion(self, self.get_key_id(key_id))


moto_key_init = Key.__init__
moto_generate_key_id = models.generate_key_id
utils._serialize_encryption_context = additional_data
moto_encrypt = KmsBackend.encrypt
moto_replicate_key = KmsBackend.replicate_key
moto_rotate_key_on_demand = KmsBackend.rotate_key_on_demand
moto_sign = KmsBackend.sign
moto_get_public_key = KmsBackend.get_public_key
moto_enable_key = KmsBackend.enable_key
moto_disable_key = KmsBackend.disable_key
moto_schedule_key_deletion = KmsBackend.schedule_key_deletion
moto_cancel_key_deletion = KmsBackend.cancel_key_deletion
moto_re_encrypt_response = KmsResponse.re_encrypt
moto_get_public_key_response = KmsResponse.get_public_key

Key.__init__ = new_key
# API reference, Sign: the salt is as long as the digest. Moto takes the longest.
utils.padding.PSS.MAX_LENGTH = utils.padding.PSS.DIGEST_LENGTH
models.generate_key_id = new_key_id
KmsResponse.re_encrypt = re_encrypt_response
KmsResponse.get_public_key = get_public_key_response
for method in (
    encrypt,
    decrypt,
    replicate_key,
    rotate_key_on_demand,
    sign,
    get_public_key,
    enable_key,
    disable_key,
    schedule_key_deletion,
    cancel_key_deletion,
):
    setattr(KmsBackend, method.__name__, method)


# --- Faults and counts ------------------------------------------------------------------------------


class Control:
    """Stands before moto: answers the test's own routes, counts KMS requests and applies faults."""

    def __init__(self, application):
        self.application = application
        self.lock = threading.Lock()
        self.faults = []
        self.counts = {}
        self.signers = set()

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if path.startswith("/keyward-peer/"):
            return self.control(path, environ, start_response)
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if not target.startswith("TrentService."):
            return self.application(environ, start_response)
        operation = target.removeprefix("TrentService.")
        # The credential scope of the signature: ACCESS_KEY/DATE/REGION/kms/aws4_request.
        scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
        region = scope.group(1) if scope else "?"
        with self.lock:
            self.signers.add(signer(environ))
        fault = self.count_and_match(operation, region)
        if fault:
            time.sleep(fault.get("delay", 0))
            if "status" in fault:
                return self.fail(fault, environ, start_response)
        return self.application(environ, start_response)

    def count_and_match(self, operation, region):
        with self.lock:
            name = f"{region}/{operation}"
            self.counts[name] = self.counts.get(name, 0) + 1
            for fault in self.faults:
                if fault.get("operation", operation) != operation:
                    continue
                if fault.get("region", region) != region:
                    continue
                if fault.get("skip", 0) > 0:
                    fault["skip"] -= 1
                    continue
                if "times" in fault:
                    if fault["times"] == 0:
                        continue
                    fault["times"] -= 1
                return dict(fault)
        return None

    def fail(self, fault, environ, start_response):
        read_body(environ)
        headers = list(fault.get("headers", {}).items())
        if "body" in fault:
            headers.append(("Content-Type", "text/html"))
            body = fault["body"]
        else:
            headers.append(("Content-Type", "application/x-amz-json-1.1"))
            body = json.dumps({"__type": fault["code"], "message": fault.get("message", "")})
        return respond(start_response, f"{fault['status']} Fault", body, headers)

    def control(self, path, environ, start_response):
        body = read_body(environ)
        answer = {}
        with self.lock:
            if path == "/keyward-peer/faults":
                self.faults = json.loads(body)
            elif path == "/keyward-peer/requests":
                answer = self.counts
            elif path == "/keyward-peer/signers":
                answer = sorted(self.signers)
            elif path == "/keyward-peer/forget":
                self.counts = {}
                self.signers = set()
            elif path == "/keyward-peer/delete":
                gone = json.loads(body)
                kms_backends[DEFAULT_ACCOUNT_ID][gone["region"]].delete_key(gone["key"])
            else:
                return respond(start_response, "404 Not Found", "", [])
        return respond(start_response, "200 OK", json.dumps(answer), [])


def signer(environ):
    """Whose signature a request has: Signature Version 4 names the key in `Authorization`."""
    found = re.search(r"Credential=([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    key = found.group(1) if found else "nobody"
    return f"{key} with a token" if "HTTP_X_AMZ_SECURITY_TOKEN" in environ else key


def respond(start_response, status, body, headers):
    body = body.encode()
    start_response(status, [*headers, ("Content-Length", str(len(body)))])
    return [body]


def read_body(environ):
    return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


class QuietHandler(MotoRequestHandler):
    """HTTP/1.1, so that clients keep their connections as they do with AWS; and no access log."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *args, **kwargs):
        pass


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--until-stdin-ends", action="store_true")
    arguments = parser.parse_args()
    if arguments.until_stdin_ends:
        threading.Thread(target=end_with_stdin, daemon=True).start()
    application = Control(DomainDispatcherApplication(create_backend_app))
    server = make_server(
        "127.0.0.1",
        arguments.port,
        application,
        threaded=True,
        request_handler=QuietHandler,
    )
    # Moto names this port in some of its answers.
    os.environ["MOTO_PORT"] = str(server.port)
    print(f"http://127.0.0.1:{server.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
