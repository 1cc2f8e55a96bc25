import { ActionIcon, Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ErrorNotice, Icon, Panel } from "@/design";
import { call, commands, failureOf, keys, useAdministrator } from "@/ipc";
import { useRecognised } from "./draft";
import { LocalKey } from "./LocalKey";
import { Recognised } from "./Recognised";
import classes from "./onboarding.module.css";

interface KeyStepProps {
  readonly tenant: string;
  readonly references: readonly string[];
  readonly onReferences: (next: readonly string[]) => void;
  readonly onRegistered: () => void;
}

/** The root key's reference: one, or one a region for a multi-Region key. */
export function KeyStep({ tenant, references, onReferences, onRegistered }: KeyStepProps) {
  const administrator = useAdministrator();
  const client = useQueryClient();
  const first = useRecognised(references[0] ?? "");
  const register = useMutation({
    mutationFn: () =>
      call(
        commands.rootKeyRegister(
          tenant,
          references.map((one) => one.trim()).filter((one) => one !== ""),
        ),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.tenants.all });
      onReferences([""]);
      onRegistered();
    },
  });
  const local = first?.provider === "local" ? first.reference : null;
  return (
    <Panel title="Root key reference" note="in any of its provider’s usual forms">
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          register.mutate();
        }}
      >
        {references.map((text, index) => (
          <Reference
            // A reference has no name but its place.
            key={index}
            index={index}
            text={text}
            onText={(next) => onReferences(references.with(index, next))}
            onRemove={
              references.length > 1
                ? () => onReferences(references.filter((_, other) => other !== index))
                : undefined
            }
          />
        ))}
        {first?.provider === "aws-kms" && (
          <div>
            <Button
              size="compact-xs"
              variant="subtle"
              leftSection={<Icon name="plus" size={12} />}
              onClick={() => onReferences([...references, ""])}
            >
              Another region’s reference of the same multi-Region key
            </Button>
          </div>
        )}
        {local !== null && <LocalKey tenant={tenant} reference={local} />}
        {register.error !== null && <ErrorNotice failure={failureOf(register.error)} />}
        <div className="row">
          <Button
            type="submit"
            variant="filled"
            disabled={!administrator || first?.reference == null}
            title={administrator ? undefined : "administrators only"}
            loading={register.isPending}
          >
            Register the root key
          </Button>
          <span className="muted small">
            Keyward describes it, and asks for nothing more until it is proven.
          </span>
        </div>
      </form>
    </Panel>
  );
}

interface ReferenceProps {
  readonly index: number;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onRemove: (() => void) | undefined;
}

function Reference({ index, text, onText, onRemove }: ReferenceProps) {
  const seen = useRecognised(text);
  return (
    <div className={classes.reference}>
      <TextInput
        aria-label={index === 0 ? "Root key reference" : `Reference ${String(index + 1)}`}
        placeholder="an ARN, a vault’s URL, a resource name, pkcs11:… or local:NAME"
        classNames={{ input: "mono" }}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          onText(event.currentTarget.value);
        }}
        rightSection={
          onRemove && (
            <ActionIcon aria-label="remove this reference" onClick={onRemove}>
              <Icon name="close" />
            </ActionIcon>
          )
        }
      />
      {seen !== undefined && <Recognised seen={seen} />}
    </div>
  );
}
