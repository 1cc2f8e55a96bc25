import { distinctPart, providerName, providerTag, shorten } from "../keys";
import { CopyButton } from "./CopyButton";
import classes from "./KeyChip.module.css";

interface KeyChipProps {
  /** The reference or id, whole: what is copied. */
  readonly value: string;
  /** The provider's word; none for ids that aren't a provider's, such as a record's or a root hash. */
  readonly provider?: string | undefined;
  /** Stands in the place of the provider's tag, such as `DK`. */
  readonly tag?: string;
  /** How many letters are shown at most. */
  readonly longest?: number;
}

/** A key or another long id: monospaced, shortened in the middle, copied whole. */
export function KeyChip({ value, provider, tag, longest = 26 }: KeyChipProps) {
  const text = provider === undefined ? value : distinctPart(value);
  const shownTag = tag ?? (provider === undefined ? undefined : providerTag(provider));
  return (
    <span className={classes.chip} title={value}>
      {shownTag !== undefined && (
        <b title={provider === undefined ? undefined : providerName(provider)}>{shownTag}</b>
      )}
      <span className={classes.text}>{shorten(text, longest)}</span>
      <CopyButton value={value} label={`copy ${value}`} />
    </span>
  );
}
