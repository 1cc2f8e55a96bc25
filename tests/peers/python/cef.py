"""Reads CEF lines with `pycef`, and judges their fields by the dictionary of `cefevent`. Takes lines, and prints
for each a JSON object of the fields by name or label, and of what is wrong with them.
"""

import json
import re
import sys

import pycef
from cefevent import CEFEvent

# A key of the specification (`eventOutcome`) that the dictionary of this version lacks.
LACKING = {"outcome"}


def faults(line):
    judge, found = CEFEvent(strict=True), []
    header = re.split(r"(?<!\\)\|", line, maxsplit=7)
    for field, value in zip(
        ["deviceVendor", "deviceProduct", "deviceVersion", "signatureId", "name", "severity"], header[1:]
    ):
        judge.set_field(field, value)
    # As pycef takes them apart, before it puts labels in the places of names.
    for key, value in re.findall(r"([^=\s]+)=((?:[\\]=|[^=])+)(?:\s|$)", header[7]):
        if key in LACKING:
            continue
        meant = re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), value)
        try:
            # It escapes the value in its turn, which must give what was read.
            written = judge.set_field(key, meant)
        except ValueError as error:
            found.append(str(error))
            continue
        if str(written) != value:
            found.append(f"{key}: {value!r} would be written {written!r}")
    return found


for line in sys.stdin:
    line = line.rstrip("\n")
    print(json.dumps({"fields": pycef.parse(line), "faults": faults(line)}))
