/** Decides for which partition an output counts and which values are stored under which keys. A partition must never be green without its value. */
import type { Asset } from "../../definitions/asset-type.ts";
import { keysOfStep, type StepKeys } from "./needed-keys.ts";
import { StepError } from "./step-error.ts";
import { ioManagerOf, type StepScope } from "./step-scope.ts";

export interface PlacedOutput {
  /** What is reported as materialized: a key, `first...last`, or undefined for an asset without partitions. */
  readonly partition: string | undefined;
  readonly values: readonly (readonly [key: string | null, value: unknown])[];
}

interface Given {
  readonly value: unknown;
  readonly hasValue: boolean;
  readonly partition?: string | undefined;
}

export function placeOutput(asset: Asset, output: Given, scope: StepScope): PlacedOutput {
  const { partitions, backfill } = asset["~definition"];
  const sent = scope.job.partition;
  if (!partitions || !sent) {
    if (output.partition !== undefined)
      throw new StepError(
        "bad_output",
        `Asset "${asset.key}" is not partitioned. Leave out 'partition' (${output.partition}) in its result.`,
      );
    return { partition: undefined, values: output.hasValue ? [[null, output.value]] : [] };
  }
  if (output.partition !== undefined) {
    if (!keysOfStep(partitions, scope).all.has(output.partition))
      throw new StepError("bad_output", `The step makes partition ${sent.key} of asset "${asset.key}", not "${output.partition}".`);
    return { partition: output.partition, values: output.hasValue ? [[output.partition, output.value]] : [] };
  }
  if (!output.hasValue) return { partition: sent.key, values: [] };
  const { value } = output;
  if (!sent.range) {
    // A function for ranges returns a Map for a range of one as well.
    const isByKey = backfill !== undefined && value instanceof Map && value.size === 1 && value.has(sent.key);
    return { partition: sent.key, values: [[sent.key, isByKey ? (value as ReadonlyMap<string, unknown>).get(sent.key) : value]] };
  }
  if (ioManagerOf(scope, asset["~definition"]).ranges === true) return { partition: sent.key, values: [[sent.key, value]] };
  if (!(value instanceof Map)) throw new StepError("bad_output", oneForSeveral(asset, sent.range.count));
  return { partition: sent.key, values: valuesByKey(asset, value, keysOfStep(partitions, scope)) };
}

function oneForSeveral(asset: Asset, count: number): string {
  return (
    `Asset "${asset.key}" makes ${count} partitions in one run, but its function returned one value for all of them. ` +
    `Yield materialization({ partition, value }) for each key of partition.each, return a Map of the values by key, or write the table yourself and return no value.`
  );
}

function valuesByKey(asset: Asset, value: ReadonlyMap<unknown, unknown>, { list: keys, all }: StepKeys): [string, unknown][] {
  const strange = [...value.keys()].find((key) => typeof key !== "string" || !all.has(key));
  if (strange !== undefined)
    throw new StepError(
      "bad_output",
      `Asset "${asset.key}" returned a Map with the key ${JSON.stringify(strange) ?? typeof strange}, which is not a partition of this run. ${oneForSeveral(asset, keys.length)}`,
    );
  const missing = keys.filter((key) => !value.has(key) || value.get(key) === undefined);
  if (missing.length > 0) throw new StepError("bad_output", partlyMade(asset, { keys, missing }));
  return keys.map((key) => [key, value.get(key)]);
}

/** The sentence about partitions of the run for which the function gave nothing. */
export function partlyMade(
  asset: Asset,
  { keys, missing }: { readonly keys: readonly string[]; readonly missing: readonly string[] },
): string {
  const named = missing.slice(0, 3).join(", ") + (missing.length > 3 ? ` and ${missing.length - 3} more` : "");
  return `Asset "${asset.key}" made ${keys.length - missing.length} of the ${keys.length} partitions of this run; ${named} ${missing.length === 1 ? "is" : "are"} missing. Yield materialization({ partition }) for each key of partition.each.`;
}

export function wholeAndParts(asset: Asset): string {
  return `Asset "${asset.key}" reported some partitions of this run one by one and also the whole run. Yield materialization({ partition }) for each key of partition.each, or one materialization(...) for all.`;
}

export function valueTwice(asset: Asset, partition: string | undefined): string {
  const which = partition === undefined ? "" : ` for partition ${partition}`;
  return `Asset "${asset.key}" made a value twice${which}, and the second would replace the first. Yield one value, or put several into a list.`;
}
