import type { ReactNode } from "react";
import { Icon } from "./Icon";
import classes from "./FilterTokens.module.css";

/** One condition: field, operator, value. */
export interface FilterToken {
  readonly field: string;
  /** `is` where it is left out. */
  readonly operator?: string;
  readonly value: string;
}

interface FilterTokensProps {
  readonly tokens: readonly FilterToken[];
  readonly onRemove: (token: FilterToken) => void;
  /** What adds another one: an input or a menu. */
  readonly children?: ReactNode;
}

/** The conditions of a list; all of them hold together. */
export function FilterTokens({ tokens, onRemove, children }: FilterTokensProps) {
  return (
    <div className={classes.bar} role="group" aria-label="Filter">
      {tokens.map((token) => (
        <span key={`${token.field} ${token.value}`} className={classes.token}>
          <span>{token.field}</span>
          {token.operator !== undefined && <span>{token.operator}</span>}
          <b>{token.value}</b>
          <button
            type="button"
            aria-label={`remove ${token.field} ${token.value}`}
            onClick={() => onRemove(token)}
          >
            <Icon name="close" size={11} />
          </button>
        </span>
      ))}
      {children}
    </div>
  );
}
