/** Stores the numbers in metadata as points of a series, for plots over time. */
import type { Metadata } from "@headgate/shared/domain/metadata.ts";
import { savePoint } from "./asset-store.ts";
import type { Tx } from "../kernel/tx.ts";

export interface Points {
  readonly asset: string;
  readonly gseq: number;
  /** Empty if it was reported from outside. */
  readonly run: string;
  readonly partition: string | null;
  readonly metadata: Metadata;
  readonly prefix?: string;
}

export function savePoints(tx: Tx, { metadata, prefix = "", ...point }: Points): void {
  for (const [name, value] of Object.entries(metadata)) {
    const number = numberOf(value);
    if (number !== null && Number.isFinite(number)) savePoint(tx.db, { ...point, name: `${prefix}${name}`, at: tx.now, value: number });
  }
}

export function numberOf(value: Metadata[string] | undefined): number | null {
  return value !== undefined && (value.type === "int" || value.type === "float") ? value.value : null;
}
