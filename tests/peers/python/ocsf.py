"""Judges OCSF events by the schema that the OCSF project publishes: reads events as JSON lines, and prints
for each a JSON line of what is wrong with it, an empty list where nothing is.
"""

import json
import sys

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

SCHEMA = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.5.0"))
VALIDATORS = {}


def validator(class_uid, profiles):
    key = class_uid, tuple(profiles)
    if key not in VALIDATORS:
        name = SCHEMA.lookup_class_name_from_uid(class_uid)
        VALIDATORS[key] = Draft202012Validator(SCHEMA.get_class_schema(name, list(profiles)))
    return VALIDATORS[key]


def faults(event):
    try:
        judge = validator(event["class_uid"], event["metadata"].get("profiles", []))
    except (KeyError, ValueError) as error:
        return [f"no class: {error!r}"]
    found = [f"{error.json_path}: {error.message}" for error in judge.iter_errors(event)]
    # What the schema says in words and not as JSON Schema: captions, and what 99 asks for.
    name = SCHEMA.lookup_class_name_from_uid(event["class_uid"])
    attributes = SCHEMA.schema.schema["classes"][name]["attributes"]
    if event.get("type_uid") != event["class_uid"] * 100 + event.get("activity_id", 0):
        found.append("type_uid is not class_uid * 100 + activity_id")
    for uid, name in [
        ("activity_id", "activity_name"),
        ("category_uid", "category_name"),
        ("class_uid", "class_name"),
        ("severity_id", "severity"),
        ("status_id", "status"),
        ("type_uid", "type_name"),
    ]:
        value = event.get(uid, 0)
        caption = attributes[uid].get("enum", {}).get(str(value), {}).get("caption")
        other = value == 99 or uid == "type_uid" and value % 100 == 99
        if not other and event.get(name) != caption:
            found.append(f"{name} is {event.get(name)!r}, and {value} means {caption!r}")
        if other and not event.get(name):
            found.append(f"{uid} is other, and {name} doesn't say what")
    return found


for line in sys.stdin:
    print(json.dumps(faults(json.loads(line))))
