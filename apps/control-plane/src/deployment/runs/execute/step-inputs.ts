/** Finds what a step has to load for its inputs: the partitions by the mappings, and which of them were never materialized. */
import { inputKeys } from "@headgate/shared/domain/partitions/input-keys.ts";
import type { GraphAsset } from "@headgate/shared/domain/run/plan-types.ts";
import { countOf, includes, numbersOf, rangeSubset } from "@headgate/shared/domain/partitions/subset.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { catalogOf } from "../../catalog/catalog.ts";
import { readGraphAsset } from "../../catalog/definition-store.ts";
import { wasMaterialized } from "../../assets/asset-store.ts";
import { type DeploymentPartitions, partitionContext } from "../../partitions/partition-context.ts";
import { parseSubset } from "../../partitions/partition-sets.ts";
import { readPartitionSets } from "../../partitions/partition-store.ts";
import type { Tx } from "../../kernel/tx.ts";
import type { StepRow } from "../tables.ts";
import { fitsFrame, MAX_SENT_KEYS } from "./step-partition.ts";

type Inputs = NonNullable<JobFrame["inputs"]>;
type Input = Inputs[number];

/** Undefined if there are too many keys for a frame. Empty for steps that read no values. */
export function inputsOfStep(tx: Tx, step: StepRow, assets: readonly string[]): Inputs | undefined {
  const [key] = assets;
  // The assets of one function have the same inputs, so a step with thousands of dbt models reads one of them.
  const reader = key === undefined ? null : readGraphAsset(tx.db, step.version, key);
  if (!reader) return [];
  const partitions = partitionContext(tx.db, tx.now);
  const inputs: Input[] = [];
  for (const dep of reader.deps) {
    if (dep.input === undefined) continue;
    const input = inputOf(tx, { step, reader, partitions }, { ...dep, input: dep.input });
    if (input === null) return undefined;
    inputs.push(input);
  }
  return fitsFrame(inputs.flatMap(({ keys, never }) => [...(keys ?? []), ...never])) ? inputs : undefined;
}

interface Around {
  readonly step: StepRow;
  readonly reader: GraphAsset;
  readonly partitions: DeploymentPartitions;
}

/** Null if it cannot be found out here. */
function inputOf(tx: Tx, { step, reader, partitions }: Around, dep: GraphAsset["deps"][number] & { readonly input: string }): Input | null {
  const bare = { input: dep.input, asset: dep.key, missing: [] };
  const definition = upstreamOf(tx, step, dep.key)?.partitions;
  if (definition === undefined) return { ...bare, keys: null, never: wasMaterialized(tx.db, dep.key) ? [] : [dep.key] };
  const upstream = partitions.open(definition);
  const downstream = reader.partitions && partitions.open(reader.partitions);
  if (!upstream.ok || downstream?.ok === false) return null;
  const set = upstream.value;
  const made = parseSubset(set, readPartitionSets(tx.db, dep.key)?.materialized);
  const type = dep.mapping?.type;
  if (type === "all" || type === "last") {
    const [last] = made.slice(-1);
    const wanted = type === "all" ? made : last === undefined ? [] : rangeSubset(last - 1, last);
    if (countOf(wanted) > MAX_SENT_KEYS) return null;
    return { ...bare, keys: [...numbersOf(wanted)].flatMap((number) => set.keyAt(number) ?? []), never: [] };
  }
  const sides = { upstream: set, downstream: downstream?.value ?? null, mapping: dep.mapping };
  const needed = inputKeys(sides, step.partition);
  if (!needed.ok) return null;
  const never = needed.value.keys.filter((key) => !includes(made, set.numberOf(key)));
  return { ...bare, keys: [...needed.value.keys], missing: [...needed.value.missing], never };
}

/** Reads the upstream as the step's own version defines it, else as any code location does now. */
function upstreamOf(tx: Tx, step: StepRow, key: string): GraphAsset | null {
  const own = readGraphAsset(tx.db, step.version, key);
  if (own) return own;
  const { graph } = catalogOf(tx);
  return graph.has(key) ? (graph.assets[graph.indexOf(key)] ?? null) : null;
}
