import { Fragment, useState } from "react";
import { Link } from "react-router";
import { EmptyState, ErrorNotice, Icon, Notice, PageBody, PageHeader, Panel } from "@/design";
import { failureOf, type Role, useRole, useWorkspace } from "@/ipc";
import { usePageReady } from "@/shell/use-page-ready";
import { type AccessRow as Row, useAccessMatrix } from "./use-may";
import { actionSaid, grouped } from "./words";
import classes from "./access.module.css";

/** The roles, and what each is for. */
const roles = [
  {
    column: "administrator",
    kind: "administrator",
    title: "administrator",
    is: "Onboards tenants and runs rotation, rewrap and revocation. Reads and writes no tenant’s data.",
  },
  {
    column: "security_officer",
    kind: "security-officer",
    title: "security officer",
    is: "Looks at the log, verifies and exports it. Changes no key.",
  },
  {
    column: "tenant_approver",
    kind: "tenant-approver",
    title: "tenant approver",
    is: "Acts for one tenant: answers its challenges and revokes its own keys.",
  },
  {
    column: "application",
    kind: null,
    title: "application",
    is: "The data path: writes and reads objects. Nobody takes this role in a window.",
  },
] as const satisfies readonly {
  column: keyof Row;
  kind: Role["kind"] | null;
  title: string;
  is: string;
}[];

/** Which role may do what, from the rules that decide it. */
export default function Access() {
  const matrix = useAccessMatrix();
  const role = useRole();
  const actor = useWorkspace().data?.actor;
  const [search, setSearch] = useState("");
  usePageReady(matrix.data !== undefined);
  const text = search.trim().toLowerCase();
  const rows = matrix.data?.filter(({ action }) =>
    `${action} ${actionSaid(action)}`.toLowerCase().includes(text),
  );
  return (
    <>
      <PageHeader title="Access" meta="which role may do what, from the engine’s own rules" />
      <PageBody flush>
        <div className={classes.page}>
          <div className={classes.matrix}>
            <div className={classes.filter}>
              <Icon name="search" size={12} />
              <input
                aria-label="search actions"
                placeholder="action"
                value={search}
                onChange={(event) => setSearch(event.currentTarget.value)}
              />
            </div>
            {matrix.error !== null && (
              <ErrorNotice failure={failureOf(matrix.error)} retry={() => void matrix.refetch()} />
            )}
            {/* It scrolls, so the keyboard must be able to stand in it. */}
            <div
              className={classes.scroller}
              role="region"
              aria-label="Roles and actions"
              // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
              tabIndex={0}
            >
              {rows !== undefined && rows.length > 0 && (
                <Matrix rows={rows} mine={role?.kind ?? null} />
              )}
              {rows?.length === 0 && <EmptyState>No action has this in its name.</EmptyState>}
            </div>
            <Legend />
          </div>
          <aside className={classes.side}>
            <Notice tone="neutral" icon="info" title="There are roles, and no policies yet">
              What a role may do is fixed in the engine. A policy for one person or group, and a
              second person’s approval of an action, don’t exist yet.
            </Notice>
            <Panel title="Who acts here">
              <p className="secondary small">
                <b className="mono">{actor}</b> is the account of the operating system. It says in
                which role it works: at the top right. The role isn’t proven, and every record has
                both.
              </p>
            </Panel>
            <Panel title="Roles">
              <dl className={classes.roles}>
                {roles.map((one) => (
                  <div key={one.column}>
                    <dt>
                      {one.title}
                      {one.kind === role?.kind && <span className={classes.mine}>yours now</span>}
                    </dt>
                    <dd>{one.is}</dd>
                  </div>
                ))}
              </dl>
            </Panel>
          </aside>
        </div>
      </PageBody>
    </>
  );
}

interface MatrixProps {
  readonly rows: readonly Row[];
  /** The window's own role. */
  readonly mine: Role["kind"] | null;
}

function Matrix({ rows, mine }: MatrixProps) {
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">Action</th>
          {roles.map((one) => (
            <th key={one.column} scope="col" data-mine={one.kind === mine || undefined}>
              {one.title}
            </th>
          ))}
        </tr>
      </thead>
      {grouped(rows).map((group) => (
        <Fragment key={group.title}>
          <tbody>
            <tr className={classes.group}>
              <th scope="colgroup" colSpan={roles.length + 1}>
                {group.title}
              </th>
            </tr>
            {group.rows.map((row) => (
              <tr key={row.action}>
                <th scope="row">
                  <Link
                    to={`/audit?action=${encodeURIComponent(row.action)}`}
                    title="its records in the log"
                  >
                    {actionSaid(row.action)} <code>{row.action}</code>
                  </Link>
                </th>
                {roles.map((one) => (
                  <td key={one.column} data-mine={one.kind === mine || undefined}>
                    <Right scope={row[one.column]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </Fragment>
      ))}
    </table>
  );
}

/** How far a right goes: colour, sign and word. */
function Right({ scope }: { readonly scope: string }) {
  if (scope === "none") {
    return (
      <span className="muted" title="no rule permits it">
        <span aria-hidden>–</span>
        <span className="visually-hidden">not permitted</span>
      </span>
    );
  }
  return (
    <span className={classes.right} data-tone="active" title={titles[scope]}>
      <Icon name="check" size={12} />
      {scope === "all" ? (
        <span className="visually-hidden">permitted</span>
      ) : (
        (words[scope] ?? scope)
      )}
    </span>
  );
}

const words: Readonly<Record<string, string>> = { "own-tenant": "own" };
const titles: Readonly<Record<string, string>> = {
  all: "for every tenant and the workspace",
  "own-tenant": "for its own tenant alone",
};

function Legend() {
  return (
    <div className={classes.legend}>
      <span>
        <Right scope="all" /> permitted for every tenant
      </span>
      <span>
        <Right scope="own-tenant" /> permitted for the role’s own tenant
      </span>
      <span>
        <Right scope="none" /> no rule permits it: it is refused, and the refusal recorded
      </span>
    </div>
  );
}
