#!/usr/bin/env python3
"""Says which names the digests in Keyward's audit log stand for. Needs Python's own library alone.

    python3 log_names.py --dataset invoices > invoices-names.csv

Prints a table with the columns digest, key and name: each name in the dataset's objects.csv under each
of the dataset's data keys, unwrapped to DATASET/keys/VERSION.key beside this program. A record has the
digest in `name_digest` and the data key in `name_key`. Names of objects that are no more can be given
with --names-from, one a line.
"""

import argparse
import csv
import hashlib
import hmac
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def name_key(data_key):
    """The key of the digests: HKDF-SHA-256 (RFC 5869), no salt, one block of output."""
    extracted = hmac.digest(bytes(32), data_key, hashlib.sha256)
    return hmac.digest(extracted, b"keyward object name digest v1\x01", hashlib.sha256)


def name_digest(key, name):
    """A name's digest, as records have it."""
    return hmac.digest(key, name.encode(), hashlib.sha256).hex()


def name_keys(folder):
    """The versions of the data keys that are unwrapped, each with the key of its digests."""
    found = {}
    for file_name in os.listdir(folder):
        version, extension = os.path.splitext(file_name)
        if extension != ".key":
            continue
        with open(os.path.join(folder, file_name), "rb") as file:
            data_key = file.read()
        if len(data_key) != 32:
            sys.exit(f"{file_name} has {len(data_key)} bytes, not the 32 of a data key")
        found[int(version)] = name_key(data_key)
    if not found:
        sys.exit(f"no data key is unwrapped in {folder}; README.md says how")
    return dict(sorted(found.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--names-from", help="a file with more names, one a line")
    options = parser.parse_args()
    # Names in any script, on a terminal in any encoding.
    sys.stdout.reconfigure(encoding="utf-8", newline="")
    place = os.path.join(HERE, options.dataset)
    with open(os.path.join(place, "keys.json"), encoding="utf-8") as file:
        tenant = json.load(file)["tenant"]
    with open(os.path.join(place, "objects.csv"), encoding="utf-8", newline="") as file:
        names = {row["name"] for row in csv.DictReader(file, strict=True)}
    if options.names_from:
        with open(options.names_from, encoding="utf-8") as file:
            names.update(line.rstrip("\r\n") for line in file)
    names.discard("")
    table = csv.writer(sys.stdout)
    table.writerow(["digest", "key", "name"])
    for version, key in name_keys(os.path.join(place, "keys")).items():
        for name in sorted(names):
            digest = name_digest(key, name)
            table.writerow([digest, f"dk:{tenant}/{options.dataset}/{version}", name])


if __name__ == "__main__":
    main()
