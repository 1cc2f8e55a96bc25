import { Button, Skeleton } from "@mantine/core";
import { useMemo, useState } from "react";
import { Link, useNavigate } from "react-router";
import {
  EmptyState,
  ErrorNotice,
  Icon,
  Keys,
  PageBody,
  PageHeader,
  providerName,
  Segmented,
  StateBadge,
} from "@/design";
import { failureOf } from "@/ipc";
import { usePaletteActions } from "@/palette";
import { usePageReady } from "@/shell/use-page-ready";
import { useHierarchy } from "../queries";
import { useKey } from "../use-key";
import { firstOf } from "./consequences";
import { type GraphNode, graphOf } from "./graph";
import { KeysGraph } from "./KeysGraph";
import { KeysTable } from "./KeysTable";
import { Legend } from "./Legend";
import { RootKeyPanel } from "./RootKeyPanel";
import shared from "../hierarchy.module.css";

/** How many datasets have a node of their own at first, and how many more each asking shows. */
const SHOWN = 7;
const MORE = 24;
const MOST = 150;

const views = [
  { value: "graph", label: "Graph" },
  { value: "table", label: "Table" },
] as const;
type Shown = (typeof views)[number]["value"];

/** One tenant's keys: root keys, versions, data keys by dataset, objects. */
export function TenantHierarchy({ tenant }: { readonly tenant: string }) {
  const navigate = useNavigate();
  const hierarchy = useHierarchy(tenant);
  const [shown, setShown] = useState<Shown>("graph");
  const [datasets, setDatasets] = useState(SHOWN);
  const [chosen, setChosen] = useState<number | null>(null);
  const view = hierarchy.data;
  const root =
    view?.root_keys.find(({ key }) => key.number === chosen) ??
    (view === undefined ? undefined : firstOf(view));
  const graph = useMemo(
    () => (view === undefined ? undefined : graphOf(view, datasets)),
    [view, datasets],
  );
  const name = view?.tenant.display_name ?? tenant;
  const page = `/tenants/${encodeURIComponent(tenant)}`;
  usePageReady(view !== undefined || hierarchy.error !== null);
  useKey("Escape", () => void navigate("/hierarchy"));
  usePaletteActions([
    {
      id: "hierarchy view",
      title: shown === "graph" ? "Show the keys as a table" : "Show the keys as a graph",
      icon: shown === "graph" ? "record" : "hierarchy",
      run: () => setShown(shown === "graph" ? "table" : "graph"),
    },
    {
      id: "hierarchy tenant",
      title: `Open ${name}’s page`,
      icon: "tenants",
      run: () => void navigate(page),
    },
  ]);

  const open = ({ subject }: GraphNode) => {
    switch (subject.kind) {
      case "root-key":
        setChosen(subject.node.key.number);
        return;
      case "version":
      case "versions":
        setChosen(subject.root.key.number);
        return;
      case "dataset":
        void navigate(page);
        return;
      case "datasets":
        if (datasets >= MOST) setShown("table");
        else setDatasets(Math.min(datasets + MORE, MOST));
        return;
      case "objects":
        return;
    }
  };

  return (
    <>
      <PageHeader
        title={name}
        parent={{ title: "Hierarchy", to: "/hierarchy" }}
        meta={
          view !== undefined && (
            <>
              <StateBadge state={view.tenant.state} />
              {root !== undefined && (
                <span className="clip">
                  {root.key.custody} · {providerName(root.key.provider)} ·{" "}
                  {root.key.references.map(({ region }) => region).join(", ")}
                </span>
              )}
            </>
          )
        }
        actions={
          <>
            <Segmented label="How it is shown" options={views} value={shown} onChange={setShown} />
            <Button
              leftSection={<Icon name="overview" />}
              rightSection={<Keys keys="Esc" />}
              onClick={() => void navigate("/hierarchy")}
            >
              All tenants
            </Button>
          </>
        }
      />
      <PageBody flush>
        {hierarchy.error !== null && view === undefined ? (
          <div className={shared.notice}>
            <ErrorNotice
              failure={failureOf(hierarchy.error)}
              retry={() => void hierarchy.refetch()}
            />
          </div>
        ) : view === undefined || graph === undefined ? (
          <div className={shared.notice}>
            <Skeleton height={360} />
          </div>
        ) : root === undefined ? (
          <EmptyState
            action={
              <Link to={`/onboarding/${encodeURIComponent(tenant)}`}>Register its root key</Link>
            }
          >
            {name} has no root key yet. Its keys will hang below it here.
          </EmptyState>
        ) : (
          <div className={shared.split}>
            <div className={shared.main}>
              {shown === "graph" ? (
                <>
                  <Legend />
                  <KeysGraph graph={graph} selected={root.key.number} onOpen={open} />
                </>
              ) : (
                <KeysTable view={view} onSelect={setChosen} />
              )}
            </div>
            <RootKeyPanel view={view} root={root} />
          </div>
        )}
      </PageBody>
    </>
  );
}
