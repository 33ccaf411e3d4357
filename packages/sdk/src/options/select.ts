/** The domain's selection builder, which here also takes asset values where a key is meant. */
import { select as domainSelect, type SelectionBuilder } from "@headgate/shared/domain/selection/builder.ts";
import { printSelection } from "@headgate/shared/domain/selection/print.ts";

export type { SelectionBuilder };
type Keyed = string | { readonly key: string };

/**
 * Builds selections of assets; the text form (`key:"a" or group:"b"`, `+a`, `a+`) means the same.
 *
 * @example
 * defineJob({ name: "customer_pipeline", selection: select.keys(stgCustomers).downstream() });
 */
export const select = {
  ...domainSelect,
  /** Assets, or keys as `silver/dim_customer` or `silver.dim_customer`; `*` is a wildcard. */
  keys: (first: Keyed, ...others: readonly Keyed[]): SelectionBuilder => domainSelect.keys(textOf(first), ...others.map(textOf)),
};

function textOf(key: Keyed): string {
  return typeof key === "string" ? key : key.key;
}

export function selectionText(selection: string | SelectionBuilder): string {
  return typeof selection === "string" ? selection : printSelection(selection);
}

/** Null for what is no selection: not everybody has a type checker. */
export function selectionIn(value: unknown): string | null {
  if (typeof value === "string") return value;
  const isBuilder = typeof value === "object" && value !== null && "downstream" in value;
  return isBuilder ? selectionText(value as SelectionBuilder) : null;
}
