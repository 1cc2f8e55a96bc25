import { Button, Menu } from "@mantine/core";
import { type UseMutationResult, useMutation } from "@tanstack/react-query";
import { ErrorNotice, grouped, Icon, Notice } from "@/design";
import { type Arguments, call, commands, type Data, failureOf } from "@/ipc";
import type { AuditFilter } from "./filter";
import classes from "./audit.module.css";

type Format = Arguments<"auditExport">[1];
export type Exporting = UseMutationResult<Data<"auditExport">, Error, Format>;

export const formats: readonly { format: Format; title: string; note: string }[] = [
  {
    format: "bundle",
    title: "Bundle…",
    note: "verifies offline with keyward-verify; of the filter, its times count",
  },
  { format: "ocsf", title: "OCSF…", note: "1.5 JSON lines, for a SIEM" },
  { format: "csv", title: "CSV…", note: "for a spreadsheet" },
  { format: "jsonl", title: "JSON lines…", note: "each record as it is hashed" },
];

/** Exports what passes the filter where a native dialog says. */
export const useExport = (filter: AuditFilter): Exporting =>
  useMutation({ mutationFn: (format: Format) => call(commands.auditExport(filter, format)) });

export function ExportMenu({ exporting }: { readonly exporting: Exporting }) {
  return (
    <Menu width={300}>
      <Menu.Target>
        <Button
          leftSection={<Icon name="download" />}
          rightSection={<Icon name="down" size={12} />}
          loading={exporting.isPending}
        >
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>What passes the filter, as</Menu.Label>
        {formats.map(({ format, title, note }) => (
          <Menu.Item key={format} onClick={() => exporting.mutate(format)}>
            {title}
            <div className="muted tiny">{note}</div>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** What the last export wrote, or why it couldn't. */
export function ExportNotice({ exporting }: { readonly exporting: Exporting }) {
  if (exporting.error !== null) {
    return (
      <div className={classes.verification}>
        <ErrorNotice failure={failureOf(exporting.error)} />
      </div>
    );
  }
  if (exporting.data == null) return null;
  return (
    <div className={classes.verification}>
      <Notice
        tone="active"
        icon="download"
        title={`${grouped(exporting.data.records)} records exported`}
        action={
          <Button variant="subtle" onClick={() => exporting.reset()}>
            Close
          </Button>
        }
      >
        <span className="mono">{exporting.data.path}</span>
      </Notice>
    </div>
  );
}
