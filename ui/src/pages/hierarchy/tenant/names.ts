import { bytes, grouped } from "@/design";
import { counted } from "../words";
import type { Subject } from "./graph";

/** A node in words, for those who hear the graph. */
export function nameOf(subject: Subject): string {
  switch (subject.kind) {
    case "root-key":
      return `root key ${subject.node.key.number}, ${subject.node.key.state}`;
    case "version": {
      const { root, version } = subject;
      const standing = version.stale ? "old" : "current";
      return `version ${version.version} of root key ${root.key.number}, ${standing}, ${counted(version.data_keys, "data key")}`;
    }
    case "versions":
      return `${counted(subject.versions.length, "older version")} of root key ${subject.root.key.number}`;
    case "dataset": {
      const { dataset, data_keys, stale_data_keys } = subject.node;
      const stale = stale_data_keys > 0 ? `, ${grouped(stale_data_keys)} under an old version` : "";
      return `dataset ${dataset.name}, ${counted(data_keys, "data key")}${stale}`;
    }
    case "datasets":
      return `show ${grouped(subject.nodes.length)} more datasets`;
    case "objects":
      return `${counted(subject.objects, "object")}, ${bytes(subject.bytes)}`;
  }
}
