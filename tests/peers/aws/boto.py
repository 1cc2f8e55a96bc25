"""One call of boto3, for tests: what a tenant does with its own credentials.

Usage: boto.py SERVICE REGION METHOD, the parameters as JSON on standard input.

Bytes stand in JSON as {"base64": TEXT}, both ways. Prints the answer as JSON.
"""

import base64
import json
import sys

import boto3


def decoded(pairs):
    return base64.b64decode(pairs["base64"]) if set(pairs) == {"base64"} else pairs


def encoded(value):
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    return str(value)


def main():
    service, region, method = sys.argv[1:]
    parameters = json.load(sys.stdin, object_hook=decoded)
    answer = getattr(boto3.client(service, region_name=region), method)(**parameters)
    json.dump(answer, sys.stdout, default=encoded)


if __name__ == "__main__":
    main()
