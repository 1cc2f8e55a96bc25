#!/usr/bin/env python3
"""Reads all objects of a dataset, as objects.csv lists them, into a folder.

    python3 read_all.py --dataset invoices --objects objects --output restored/invoices

OBJECTS is a copy of the object store's folder, the one that holds a folder named as the tenant. The
dataset's unwrapped data keys are looked for in DATASET/keys/VERSION.key beside this program.

Every object is written under its own name. What fails is named, the others are written all the same,
and the exit status is 1. A file that is there already is left alone and counts as a failure, so two
objects whose names a file system takes for one don't overwrite each other.
"""

import argparse
import csv
import json
import os
import sys

from read_object import Refused, read_key, read_object

HERE = os.path.dirname(os.path.abspath(__file__))


def target_of(folder, name):
    """The file for an object's name, within the folder whatever the name."""
    parts = name.split("/")
    if any(part in ("", ".", "..") or "\\" in part and os.name == "nt" for part in parts):
        raise Refused("its name is no relative path here")
    return os.path.join(folder, *parts)


def restore(row, objects, folder, namespace, dataset, keys):
    """Reads the object of one row."""
    version = row["data_key_version"]
    if version not in keys:
        keys[version] = read_key(os.path.join(HERE, dataset, "keys", f"{version}.key"))
    target = target_of(folder, row["name"])
    os.makedirs(os.path.dirname(target), exist_ok=True)

    def stored(path):
        return os.path.join(objects, *path.split("/"))

    length = read_object(
        keys[version],
        namespace,
        f"{dataset}/{version}",
        stored(row["path"]),
        target,
        stored(row["entry"]) if row["entry"] else None,
        # Another object of the same tenant under this name is refused as well.
        {"keyward:object": row["id"], "keyward:name": row["name"]},
    )
    if length != int(row["size"]):
        os.unlink(target)
        raise Refused(f"it has {length} bytes, not {row['size']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--objects", required=True, help="a copy of the object store's folder")
    parser.add_argument("--output", required=True, help="the folder to write to")
    options = parser.parse_args()
    # Names in any script, on a terminal in any encoding.
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.stderr.reconfigure(errors="backslashreplace")
    dataset = options.dataset
    with open(os.path.join(HERE, dataset, "keys.json"), encoding="utf-8") as file:
        namespace = f"keyward:{json.load(file)['tenant']}"
    os.makedirs(options.output, exist_ok=True)
    keys = {}
    done = failed = 0
    listing = os.path.join(HERE, dataset, "objects.csv")
    with open(listing, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, strict=True):
            try:
                restore(row, options.objects, options.output, namespace, dataset, keys)
                done += 1
            except Exception as error:  # pylint: disable=broad-except
                failed += 1
                print(f"{row['name']}: {error or type(error).__name__}", file=sys.stderr)
    print(f"{done} objects read, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
