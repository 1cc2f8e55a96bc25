import { grouped } from "../format";

/** A number with grouped digits. */
export function Count({ value }: { readonly value: number }) {
  return <>{grouped(value)}</>;
}
