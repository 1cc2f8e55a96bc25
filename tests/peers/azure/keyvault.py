"""Azure Key Vault and Managed HSM for tests: the public REST API over https, with real keys (`vault.py`).

Usage: keyvault.py [--port PORT] [--managed-hsm] [--until-stdin-ends]

Prints one line of JSON once it listens: {"endpoint": "https://127.0.0.1:PORT", "ca": PEM}. The certificate is
made at each start. With the last option it ends with whoever started it, however that one ends.

`https://127.0.0.1:PORT/keys/...` is the store `default`, a vault or with the option a Managed HSM, and
`https://127.0.0.1:PORT/NAME/keys/...` another one of the same kind. The same server is Microsoft Entra (`/TENANT/oauth2/v2.0/token`, by a client secret or a federated assertion) and the
endpoint of a managed identity (`/identity/token`).

A request without a token, or with one that isn't for this store, is answered 401 with a challenge.

And a control for tests, on the same port:

  POST /keyward-peer/faults    a JSON list of faults, replacing those there were; each one
      {"operation": "unwrapKey",   only this operation, by the name of its permission (left out: every one);
                                   "token" is Entra's, "challenge" what comes without a token
       "vault": "acme",            only in this store (left out: every one); Entra's is "entra"
       "key": "root",              only for this key (left out: every one)
       "times": 2,                 only so many times (left out: always)
       "skip": 3,                  only after so many that matched
       "delay": 0.5,               seconds to wait first
       "reset": true,              the connection is reset instead of an answer
       "half": true,               the answer breaks off in its middle
       "status": 403,              the answer; left out: the request is served after the delay
       "code": "Forbidden", "inner": "AccessDenied", "message": "...", "headers": {"retry-after": "1"},
       "body": "<html>"}           a body of its own instead of the codes
  POST /keyward-peer/denied    a JSON list, replacing the one there was: {"principal": "keyward",
                               "operations": ["unwrapKey"], "key": "root"}; left out: every one
  GET  /keyward-peer/requests  how often each operation was asked for: {"VAULT/unwrapKey": 3}
  POST /keyward-peer/forget    counts from zero again
  POST /keyward-peer/expire    {"principal": "keyward"}: its tokens are worth nothing from now on
"""

import argparse
import datetime
import ipaddress
import json
import os
import secrets
import socket
import ssl
import struct
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from vault import DAY, PAGE, RECOVERABLE_DAYS, Refusal, Vault, bad_parameter, decoded, encoded, not_found

TENANT = "11111111-2222-3333-4444-555555555555"
# Who may ask, and with which client secret. The tenant is the owner of the keys.
PRINCIPALS = {"keyward": "keyward-secret", "tenant": "tenant-secret"}
# What a Kubernetes cluster would have put into the file of a workload identity.
ASSERTION = "peer-assertion"
IDENTITY_HEADER = "peer-identity"
TOKEN_LIFETIME = 3600
CRYPTOGRAPHY = {
    name.lower(): name for name in ("encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey")
}


class Peer:
    """All that the server knows. Every use is under its lock, but for the arithmetic."""

    def __init__(self, is_hsm):
        self.is_hsm = is_hsm
        self.audience = "https://managedhsm.azure.net" if is_hsm else "https://vault.azure.net"
        self.lock = threading.RLock()
        self.vaults = {}
        self.tokens = {}
        self.faults = []
        self.denied = []
        self.counts = Counter()

    def vault(self, name):
        return self.vaults.setdefault(name, Vault(self.is_hsm))

    def grant(self, principal, audience):
        token = secrets.token_urlsafe(24)
        self.tokens[token] = (principal, audience, time.time() + TOKEN_LIFETIME)
        return token

    def count_and_match(self, vault, operation, key):
        with self.lock:
            self.counts[f"{vault}/{operation}"] += 1
            for fault in self.faults:
                matched = {"operation": operation, "vault": vault, "key": key}
                if any(fault.get(name, value) != value for name, value in matched.items()):
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

    def require_allowed(self, principal, vault, operation, key):
        for denial in self.denied:
            if (
                denial.get("principal", principal) == principal
                and denial.get("key", key) == key
                and operation in denial.get("operations", [operation])
            ):
                raise Refusal(
                    403,
                    "Forbidden",
                    f"The user, group or application 'appid={principal};oid={principal}' does not have keys "
                    f"{operation} permission on key vault '{vault};location=westeurope'.",
                    "ForbiddenByPolicy",
                )


class Handler(BaseHTTPRequestHandler):
    """One connection. HTTP/1.1, so that clients keep theirs as they do with Azure."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    peer: Peer

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass  # Whoever asked went away.

    def serve(self):
        url = urlsplit(self.path)
        self.parts = url.path.lstrip("/").split("/")
        self.query = parse_qs(url.query)
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        first = self.parts[0]
        try:
            if first == "keyward-peer":
                return self.control(self.parts[1])
            if first == "identity":
                return self.managed_identity()
            if "oauth2" in self.parts or ".well-known" in self.parts:
                return self.entra()
            self.store()
        except Refusal as refusal:
            self.answer(refusal.status, {"error": refusal.error})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    # --- Answers ---

    def answer(self, status, value, headers=(), half=False):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        kind = "text/html" if isinstance(value, bytes) else "application/json; charset=utf-8"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers:
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)
        if half:
            self.cut()

    def cut(self, reset=False):
        self.wfile.flush()
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        socket.socket(fileno=self.connection.detach()).close()

    def faulted(self, vault, operation, key=None):
        """Whether a fault has answered."""
        fault = self.peer.count_and_match(vault, operation, key)
        self.half = bool(fault and fault.get("half"))
        if not fault:
            return False
        time.sleep(fault.get("delay", 0))
        if fault.get("reset"):
            self.cut(reset=True)
            return True
        if "status" not in fault:
            return False
        headers = fault.get("headers", {}).items()
        if "body" in fault:
            self.answer(fault["status"], fault["body"].encode(), headers, self.half)
        else:
            refusal = Refusal(
                fault["status"], fault["code"], fault.get("message", ""), fault.get("inner")
            )
            self.answer(fault["status"], {"error": refusal.error}, headers, self.half)
        return True

    # --- Microsoft Entra, and a managed identity ---

    def base(self):
        return f"https://{self.headers['Host']}"

    def entra(self):
        tenant = self.parts[0]
        authority = f"{self.base()}/{tenant}"
        if ".well-known" in self.parts:
            return self.answer(
                200,
                {
                    "issuer": f"{authority}/v2.0",
                    "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{authority}/oauth2/v2.0/token",
                },
            )
        if self.faulted("entra", "token"):
            return None
        form = {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        principal = form.get("client_id")
        by_assertion = form.get("client_assertion") == ASSERTION and principal in PRINCIPALS
        by_secret = "client_secret" in form and PRINCIPALS.get(principal) == form["client_secret"]
        if tenant != TENANT:
            return self.entra_error(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials" or not (by_assertion or by_secret):
            message = "Invalid client secret provided."
            return self.entra_error(401, "invalid_client", 7000215, message)
        scope = form.get("scope", "")
        audience = scope.removesuffix("/.default")
        if audience not in ("https://vault.azure.net", "https://managedhsm.azure.net"):
            message = f"The resource principal named {audience} was not found."
            return self.entra_error(400, "invalid_resource", 500011, message)
        with self.peer.lock:
            token = self.peer.grant(principal, audience)
        return self.answer(
            200,
            {
                "token_type": "Bearer",
                "expires_in": TOKEN_LIFETIME,
                "ext_expires_in": TOKEN_LIFETIME,
                "access_token": token,
            },
        )

    def entra_error(self, status, error, code, message):
        description = f"AADSTS{code}: {message}"
        body = {"error": error, "error_description": description, "error_codes": [code]}
        self.answer(status, body)

    def managed_identity(self):
        """As App Service offers it to the programs it runs."""
        if self.faulted("entra", "token"):
            return None
        if self.headers.get("X-IDENTITY-HEADER") != IDENTITY_HEADER:
            return self.answer(401, {"error": "unauthorized"})
        with self.peer.lock:
            token = self.peer.grant("keyward", self.query["resource"][0])
        expires = int(time.time()) + TOKEN_LIFETIME
        return self.answer(
            200,
            {
                "access_token": token,
                "expires_on": str(expires),
                "resource": self.query["resource"][0],
                "token_type": "Bearer",
                "client_id": "keyward",
            },
        )

    # --- The store ---

    def store(self):
        self.prefix = ""
        name = "default"
        if self.parts[0] not in ("keys", "deletedkeys"):
            name = self.parts.pop(0)
            self.prefix = f"/{name}"
        key = self.parts[1] if len(self.parts) > 1 else None
        principal = self.principal()
        if principal is None:
            if not self.faulted(name, "challenge", key):
                self.challenge()
            return
        operation, work = self.route()
        if self.faulted(name, operation, key):
            return
        if "api-version" not in self.query:
            raise bad_parameter("The 'api-version' query parameter is missing.")
        with self.peer.lock:
            self.peer.require_allowed(principal, name, operation, key)
            result = work(self.peer.vault(name))
        # The arithmetic, which takes its time, is done where others needn't wait for it.
        if callable(result):
            result = result()
        self.answer(200 if result is not None else 204, result or {}, half=self.half)

    def principal(self):
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        with self.peer.lock:
            principal, audience, expires = self.peer.tokens.get(token, (None, None, 0))
        return principal if audience == self.peer.audience and time.time() < expires else None

    def challenge(self):
        said = f'Bearer authorization="{self.base()}/{TENANT}", resource="{self.peer.audience}"'
        body = {"error": {"code": "Unauthorized", "message": "AKV10000: Request is missing a Bearer or PoP token."}}
        self.answer(401, body, [("WWW-Authenticate", said)])

    def route(self):
        """The operation's permission, and what it does."""
        asked = self.json if self.body else dict
        match self.command, self.parts:
            case "GET", ["keys"]:
                return "list", lambda vault: self.page(
                    [(name, key.versions[-1], "") for name, key in sorted(vault.keys.items())]
                )
            case "GET", ["deletedkeys"]:
                return "list", lambda vault: {
                    "value": [self.deleted(name, vault) for name in sorted(vault.deleted)]
                }
            case "POST", ["keys", name, "create"]:
                return "create", lambda vault: self.bundle(name, vault.create(name, asked()))
            case "POST", ["keys", name, "rotate"]:
                return "rotate", lambda vault: self.bundle(name, vault.rotate(name))
            case "GET", ["keys", name, "versions"]:
                return "list", lambda vault: self.page(
                    [(name, version, version.id) for version in vault.key(name).versions]
                )
            case "GET", ["keys", name, "rotationpolicy"]:
                return "getrotationpolicy", lambda vault: self.policy(name, vault.key(name))
            case "PUT", ["keys", name, "rotationpolicy"]:
                return "setrotationpolicy", lambda vault: self.set_policy(name, vault.key(name), asked())
            case "GET", ["keys", name, *version]:
                return "get", lambda vault: self.bundle(
                    name, vault.key(name).version(name, "".join(version))
                )
            case "PATCH", ["keys", name, *version]:
                return "update", lambda vault: self.updated(
                    name, vault.key(name).version(name, "".join(version)), asked()
                )
            case "DELETE", ["keys", name]:
                return "delete", lambda vault: (vault.delete(name), self.deleted(name, vault))[1]
            case "GET", ["deletedkeys", name]:
                return "get", lambda vault: self.deleted(name, vault)
            case "POST", ["deletedkeys", name, "recover"]:
                return "recover", lambda vault: (
                    vault.recover(name),
                    self.bundle(name, vault.key(name).versions[-1]),
                )[1]
            case "DELETE", ["deletedkeys", name]:
                return "purge", lambda vault: vault.purge(name)
            case "POST", ["keys", name, version, operation] if operation.lower() in CRYPTOGRAPHY:
                operation = CRYPTOGRAPHY[operation.lower()]
                return operation, lambda vault: self.cryptography(
                    operation, name, vault.key(name).version(name, version), asked()
                )
        raise Refusal(404, "NotFound", "There is no such operation.")

    def json(self):
        try:
            value = json.loads(self.body)
        except ValueError:
            raise bad_parameter("The request's body is not JSON.")
        if not isinstance(value, dict):
            raise bad_parameter("The request's body is no object.")
        return value

    def kid(self, name, version):
        return f"{self.base()}{self.prefix}/keys/{name}" + (f"/{version}" if version else "")

    def bundle(self, name, version):
        return {
            "key": version.public(self.kid(name, version.id)),
            "attributes": version.attributes(),
            "tags": version.tags,
        }

    def updated(self, name, version, change):
        version.update(change)
        return self.bundle(name, version)

    def page(self, items):
        size = min(int(self.query.get("maxresults", [PAGE])[0]), PAGE)
        start = int(self.query.get("$skiptoken", [0])[0])
        value = [
            {"kid": self.kid(name, shown), "attributes": version.attributes(), "tags": version.tags}
            for name, version, shown in items[start : start + size]
        ]
        link = None
        if start + size < len(items):
            path = urlsplit(self.path).path
            link = f"{self.base()}{path}?api-version=7.5&$skiptoken={start + size}&maxresults={size}"
        return {"value": value, "nextLink": link}

    def deleted(self, name, vault):
        key, since = vault.deleted_key(name)
        return {
            "recoveryId": f"{self.base()}{self.prefix}/deletedkeys/{name}",
            "deletedDate": since,
            "scheduledPurgeDate": since + RECOVERABLE_DAYS * DAY,
            **self.bundle(name, key.versions[-1]),
        }

    def policy(self, name, key):
        actions = [{"trigger": {"timeBeforeExpiry": "P30D"}, "action": {"type": "Notify"}}]
        return key.policy or {
            "id": f"{self.kid(name, None)}/rotationpolicy",
            "lifetimeActions": actions,
            "attributes": {"created": key.versions[0].created, "updated": key.versions[0].created},
        }

    def set_policy(self, name, key, policy):
        key.policy = {"id": f"{self.kid(name, None)}/rotationpolicy", **policy}
        return key.policy

    def cryptography(self, operation, name, version, asked):
        version.require(operation)
        algorithm, value = asked.get("alg") or "", decoded(asked.get("value") or "")
        kid = self.kid(name, version.id)
        match operation:
            case "wrapKey" | "encrypt":
                return lambda: {"kid": kid, "value": encoded(version.close(algorithm, value))}
            case "unwrapKey" | "decrypt":
                return lambda: {"kid": kid, "value": encoded(version.open(algorithm, value))}
            case "sign":
                return lambda: {"kid": kid, "value": encoded(version.sign(algorithm, value))}
            case "verify":
                digest = decoded(asked.get("digest") or "")
                return lambda: {"value": version.verify(algorithm, digest, value)}
        raise not_found(name)

    # --- Control ---

    def control(self, route):
        answer = {}
        with self.peer.lock:
            match route:
                case "faults":
                    self.peer.faults = json.loads(self.body)
                case "denied":
                    self.peer.denied = json.loads(self.body)
                case "requests":
                    answer = dict(self.peer.counts)
                case "forget":
                    self.peer.counts.clear()
                case "expire":
                    principal = json.loads(self.body)["principal"]
                    kept = {t: grant for t, grant in self.peer.tokens.items() if grant[0] != principal}
                    self.peer.tokens = kept
                case _:
                    return self.answer(404, {})
        return self.answer(200, answer)


class Server(ThreadingHTTPServer):
    """TLS is agreed in each connection's own thread, so that a slow client holds up no other."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, address, handler, context):
        super().__init__(address, handler)
        self.context = context

    def finish_request(self, request, client_address):
        try:
            request = self.context.wrap_socket(request, server_side=True)
        except (ConnectionError, ssl.SSLError, OSError):
            return
        super().finish_request(request, client_address)


def certificate():
    """A certificate authority, and its certificate for this machine: both in PEM, with the latter's key."""
    now = datetime.datetime.now(datetime.UTC)

    def build(subject, issuer, key, signer, extension):
        builder = x509.CertificateBuilder(
            issuer_name=issuer,
            subject_name=subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - datetime.timedelta(hours=1),
            not_valid_after=now + datetime.timedelta(days=7),
        )
        for value, critical in extension:
            builder = builder.add_extension(value, critical)
        return builder.sign(signer, hashes.SHA256())

    def named(name):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])

    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = named("Keyward test peer CA")
    usage = dict.fromkeys(
        (
            "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
            "key_cert_sign crl_sign encipher_only decipher_only"
        ).split(),
        False,
    )
    usage |= {"key_cert_sign": True, "crl_sign": True}
    ca_identifier = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = build(
        ca_name,
        ca_name,
        ca_key,
        ca_key,
        [
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (x509.KeyUsage(**usage), True),
            (ca_identifier, False),
        ],
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    leaf = build(
        named("localhost"),
        ca_name,
        key,
        ca_key,
        [
            (x509.SubjectAlternativeName(names), False),
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
            (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_identifier), False),
        ],
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return ca.public_bytes(pem), leaf.public_bytes(pem) + private


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--managed-hsm", action="store_true")
    parser.add_argument("--until-stdin-ends", action="store_true")
    arguments = parser.parse_args()
    if arguments.until_stdin_ends:
        threading.Thread(target=end_with_stdin, daemon=True).start()
    ca, chain = certificate()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "chain.pem")
        with open(path, "wb") as file:
            file.write(chain)
        context.load_cert_chain(path)
    Handler.peer = Peer(arguments.managed_hsm)
    server = Server(("127.0.0.1", arguments.port), Handler, context)
    endpoint = f"https://127.0.0.1:{server.server_port}"
    print(json.dumps({"endpoint": endpoint, "ca": ca.decode()}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
