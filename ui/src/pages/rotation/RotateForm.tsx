import { Button, Select } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorNotice, grouped, Icon, type IconName, Notice, providerName } from "@/design";
import {
  call,
  commands,
  failureOf,
  type RootKeyItem,
  type TenantRow,
  useAdministrator,
} from "@/ipc";
import classes from "./rotation.module.css";

interface RotateFormProps {
  readonly row: TenantRow;
  /** The tenant's root keys. */
  readonly keys: readonly RootKeyItem[];
}

const NEW_VERSION = "version";

/** Rotates a tenant's root key, after saying what happens. */
export function RotateForm({ row, keys }: RotateFormProps) {
  const administrator = useAdministrator();
  const [asked, setAsked] = useState(false);
  const [to, setTo] = useState<string>(NEW_VERSION);
  const rotate = useMutation({
    mutationFn: () => call(commands.rootKeyRotate(row.id, to === NEW_VERSION ? null : Number(to))),
    onSuccess: () => {
      setAsked(false);
      setTo(NEW_VERSION);
    },
  });
  const current = row.root_key;
  if (current?.state !== "active" || row.state !== "active") {
    return (
      <p className="muted small">
        {row.display_name} has no active root key, so there is nothing to rotate.
      </p>
    );
  }
  const others = keys.filter(
    (key) => key.proven && key.id !== current.id && key.state === "pre-activation",
  );
  const other = others.find((key) => String(key.number) === to);
  return (
    <div className={classes.stack}>
      {others.length > 0 && (
        <Select
          label="To"
          value={to}
          allowDeselect={false}
          data={[
            { value: NEW_VERSION, label: `a new version of ${current.id}` },
            ...others.map((key) => ({
              value: String(key.number),
              label: `${key.id} at ${providerName(key.provider)}, proven`,
            })),
          ]}
          onChange={(value) => {
            setTo(value ?? NEW_VERSION);
          }}
        />
      )}
      {!asked ? (
        <div>
          <Button
            disabled={!administrator}
            title={administrator ? undefined : "administrators only"}
            leftSection={<Icon name="rotation" />}
            onClick={() => {
              rotate.reset();
              setAsked(true);
            }}
          >
            Rotate now…
          </Button>
        </div>
      ) : (
        <div className={classes.stack} role="group" aria-label="What happens">
          <ul className={classes.happens}>
            {happens(row, current, other).map(([icon, text]) => (
              <li key={text}>
                <Icon name={icon} />
                {text}
              </li>
            ))}
          </ul>
          <div className="row">
            <Button onClick={() => setAsked(false)}>Leave</Button>
            <Button
              variant="filled"
              loading={rotate.isPending}
              data-autofocus
              onClick={() => rotate.mutate()}
            >
              Rotate {row.display_name}’s root key
            </Button>
          </div>
        </div>
      )}
      {rotate.error !== null && <ErrorNotice failure={failureOf(rotate.error)} />}
      {rotate.data !== undefined && (
        <Notice
          tone="active"
          icon="active"
          title={`${rotate.data.root_key} wraps with version ${String(rotate.data.version)}`}
        >
          {grouped(rotate.data.to_rewrap)} data keys are to be rewrapped.
          {rotate.data.deactivated !== null && ` ${rotate.data.deactivated} is deactivated.`}
        </Notice>
      )}
    </div>
  );
}

/** What a rotation does, before it is done. */
export function happens(
  row: TenantRow,
  current: NonNullable<TenantRow["root_key"]>,
  other: RootKeyItem | undefined,
): (readonly [IconName, string])[] {
  const first: readonly [IconName, string] =
    other === undefined
      ? [
          "rotation",
          `${providerName(current.provider)} makes a version after ${String(current.version)} of ${current.id}; it wraps from then on`,
        ]
      : [
          "rotation",
          `${other.id} at ${providerName(other.provider)} wraps from then on; ${current.id} is deactivated: it unwraps, it never wraps`,
        ];
  return [
    first,
    [
      "clock",
      `${grouped(row.data_keys)} data keys stay under what wraps them now, until a rewrap or their next read moves them`,
    ],
    ["object", `none of the ${grouped(row.objects)} objects is touched`],
    ["audit", "the rotation is recorded, before and after the provider is asked"],
  ];
}
