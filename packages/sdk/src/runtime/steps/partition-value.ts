/** What `partition` is in user code, from what the control plane sent. */
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import type { MultiPartition, Partitions, TimePartition, KeyPartition } from "../../options/partitions.ts";
import { keysOfStep } from "./needed-keys.ts";
import { StepError } from "./step-error.ts";
import type { StepScope } from "./step-scope.ts";

export function partitionValue(
  asset: string,
  partitions: Partitions | undefined,
  scope: Pick<StepScope, "job">,
): TimePartition | KeyPartition | MultiPartition | undefined {
  if (!partitions) return undefined;
  const sent = scope.job.partition;
  if (!sent) throw new StepError("user_code", `${asset} is partitioned, but the run has no partition. Launch it for a partition.`);
  return withEach(bareValue(asset, { partitions, sent }), () => keysOfStep(partitions, scope).list);
}

/** Found out when it is read: a function that writes a table needs no keys, and a range may have very many. Logs do not show it. */
function withEach<V extends object>(value: V, keys: () => readonly string[]): V & { readonly each: readonly string[] } {
  // A copy, because user code without types may sort or empty it.
  let own: readonly string[] | undefined;
  return Object.defineProperty(value, "each", { get: () => (own ??= [...keys()]) }) as V & { readonly each: readonly string[] };
}

type Bare<V> = V extends unknown ? Omit<V, "each"> : never;

function bareValue(
  asset: string,
  { partitions, sent }: { readonly partitions: Partitions; readonly sent: NonNullable<JobFrame["partition"]> },
): Bare<TimePartition | KeyPartition | MultiPartition> {
  const { definition } = partitions;
  const range = sent.range && { range: sent.range };
  switch (definition.type) {
    case "time":
      if (sent.start === null || sent.end === null)
        throw new StepError("internal", `The window of partition ${sent.key} of ${asset} is missing.`);
      return { key: sent.key, window: { start: new Date(sent.start), end: new Date(sent.end) }, ...range };
    case "multi": {
      // A multi-dimensional key is the keys of its dimensions, in the order of the dimensions' names, joined with '|'.
      const names = definition.dimensions.map(({ name }) => name).sort();
      const parts = sent.key.split("|");
      const keys = sent.dimensions ?? Object.fromEntries(names.map((name, index) => [name, parts[index] ?? ""]));
      const window = sent.start !== null && sent.end !== null && { start: new Date(sent.start), end: new Date(sent.end) };
      return { key: sent.key, keys, ...(window && { window }), ...range };
    }
    case "static":
    case "dynamic":
      return { key: sent.key, ...range };
    default:
      return definition satisfies never;
  }
}
