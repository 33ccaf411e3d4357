/** Turns the backfill form into the target that the control plane previews and launches. Pure. */
import type { SentInputOf } from "@headgate/shared/contract/table.ts";

export type BackfillTarget = SentInputOf<"backfills.launch">["target"];
export type BackfillPartitions = BackfillTarget["partitions"];
export type PartitionChoice = BackfillPartitions["type"];

/** How partitions are divided among runs. */
export const RUN_SHAPES = ["as_assets_say", "one_each", "single", "some"] as const;
export type RunShape = (typeof RUN_SHAPES)[number];

export interface BackfillForm {
  readonly selection: string;
  readonly choice: PartitionChoice;
  readonly first: string;
  readonly last: string;
  /** Keys selected before the form was opened. */
  readonly keys: readonly string[];
  readonly shape: RunShape;
  readonly perRun: number;
}

export function formOf(request: {
  readonly assetKey?: string | undefined;
  readonly selection?: string | undefined;
  readonly partitions?: BackfillPartitions | undefined;
}): BackfillForm {
  const { partitions } = request;
  const named = partitions && "first" in partitions ? partitions : null;
  return {
    selection: request.selection ?? (request.assetKey === undefined ? "" : `key:"${request.assetKey}"`),
    choice: partitions?.type ?? "missing_or_failed",
    first: named?.first ?? "",
    last: named?.last ?? "",
    keys: partitions?.type === "keys" ? partitions.keys : [],
    shape: "as_assets_say",
    perRun: 10,
  };
}

/** Null: something is still missing. */
export function targetOf(form: BackfillForm): BackfillTarget | null {
  const partitions = partitionsOf(form);
  const selection = form.selection.trim();
  if (partitions === null || selection === "") return null;
  return { selection, partitions, ...perRunOf(form) };
}

function partitionsOf({ choice, keys, ...form }: BackfillForm): BackfillPartitions | null {
  const [first, last] = [form.first.trim(), form.last.trim()];
  switch (choice) {
    case "all":
      return { type: "all" };
    case "keys":
      return keys.length === 0 ? null : { type: "keys", keys: [...keys] };
    case "range":
      return first === "" || last === "" ? null : { type: "range", first, last };
    case "missing":
    case "failed":
    case "missing_or_failed":
    case "stale":
      return { type: choice, ...(first === "" ? {} : { first }), ...(last === "" ? {} : { last }) };
    default:
      return choice satisfies never;
  }
}

function perRunOf({ shape, perRun }: BackfillForm): { partitionsPerRun?: number | null } {
  switch (shape) {
    case "as_assets_say":
      return {};
    case "one_each":
      return { partitionsPerRun: 1 };
    case "single":
      return { partitionsPerRun: null };
    case "some":
      return { partitionsPerRun: Math.max(1, Math.trunc(perRun) || 1) };
    default:
      return shape satisfies never;
  }
}

/** One `name=value` per line. */
export function tagsOf(text: string): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const cut = line.indexOf("=");
    const name = (cut < 0 ? line : line.slice(0, cut)).trim();
    if (name !== "") tags[name] = cut < 0 ? "" : line.slice(cut + 1).trim();
  }
  return tags;
}

/** The problem of the first number that the control plane would refuse. A null input is an empty field. */
export function numbersProblem({
  maxActive,
  priority,
}: {
  readonly maxActive: number | null;
  readonly priority: number | null;
}): string | null {
  const isWhole = (value: number | null, from: number, to: number) =>
    value !== null && Number.isInteger(value) && value >= from && value <= to;
  if (!isWhole(maxActive, 1, 1000)) return "Concurrent runs: enter a whole number from 1 to 1,000.";
  if (!isWhole(priority, -1000, 1000)) return "Run priority: enter a whole number from -1,000 to 1,000.";
  return null;
}
