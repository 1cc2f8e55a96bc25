import { Button } from "@mantine/core";
import { Link, useNavigate } from "react-router";
import { Badge, EmptyState, ErrorNotice, KeyChip, Meter, Panel, TimeText, useNow } from "@/design";
import { type Data, failureOf, useAttention, useTenants, verifyLog } from "@/ipc";
import { attentionWords } from "./attention-words";
import classes from "./Overview.module.css";

type Item = Data<"attentionList">[number];

/** How many are shown before the rest is asked for. */
const SHOWN = 5;

/** What needs a person now, most urgent first. */
export function NeedsPerson({ all, onAll }: { readonly all: boolean; readonly onAll: () => void }) {
  const { data, error, refetch } = useAttention();
  const shown = all ? data : data?.slice(0, SHOWN);
  const more = (data?.length ?? 0) - (shown?.length ?? 0);
  return (
    <Panel
      title="Needs a person"
      note={data === undefined ? undefined : `${String(data.length)}, most urgent first`}
      end={
        more > 0 && (
          <button type="button" className={classes.more} onClick={onAll}>
            {more} more
          </button>
        )
      }
      flush
    >
      {error !== null && data === undefined && (
        <ErrorNotice failure={failureOf(error)} retry={() => void refetch()} />
      )}
      {data?.length === 0 && <EmptyState>Nothing needs a person now.</EmptyState>}
      {shown !== undefined && shown.length > 0 && (
        <table className={classes.needs}>
          <thead>
            <tr>
              <th scope="col">Why</th>
              <th scope="col">What</th>
              <th scope="col">Whose</th>
              <th scope="col">Key</th>
              <th scope="col">Time</th>
              <th scope="col">
                <span className="visually-hidden">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((item, index) => (
              <Need
                key={`${item.kind} ${item.tenant ?? ""} ${item.subject ?? ""} ${String(index)}`}
                item={item}
                first={index === 0}
              />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Need({ item, first }: { readonly item: Item; readonly first: boolean }) {
  const words = attentionWords(item);
  const navigate = useNavigate();
  const row = useTenants().data?.find((tenant) => tenant.id === item.tenant);
  const key = row?.root_key;
  const go = () => {
    if (words.action === "Verify") void verifyLog();
    void navigate(words.to);
  };
  return (
    <tr>
      <td>
        <Badge tone={words.tone} icon={words.icon} dashed={words.dashed ?? false}>
          {words.why}
        </Badge>
      </td>
      <td className={classes.what}>
        <b>{words.what}</b>
        {words.meaning !== "" && <span> · {words.meaning}</span>}
      </td>
      <td>
        {item.tenant === null ? (
          "the log"
        ) : (
          <Link to={`/tenants/${encodeURIComponent(item.tenant)}`}>
            {row?.display_name ?? item.tenant}
          </Link>
        )}
      </td>
      <td>
        {key?.reference != null ? (
          <KeyChip value={key.reference} provider={key.provider} longest={22} />
        ) : (
          <span className="muted">–</span>
        )}
      </td>
      <td>
        <When item={item} />
      </td>
      <td className={classes.act}>
        <Button variant={first && item.urgency === "critical" ? "filled" : "default"} onClick={go}>
          {words.action}
        </Button>
      </td>
    </tr>
  );
}

/** Since when, or until when, with what is left of the time as a bar. */
function When({ item }: { readonly item: Item }) {
  const now = useNow();
  if (item.until !== null) {
    const until = Date.parse(item.until);
    const since = item.since === null ? null : Date.parse(item.since);
    const left = since === null ? null : Math.max(0, (until - now) / (until - since));
    return (
      <span className={classes.when}>
        <TimeText value={item.until} form="relative" />
        {left !== null && (
          <Meter
            decorative
            height={4}
            total={1}
            parts={[{ value: left, tone: "accent", label: "left" }]}
          />
        )}
      </span>
    );
  }
  return item.since === null ? (
    <span className="muted">–</span>
  ) : (
    <TimeText value={item.since} form="relative" />
  );
}
