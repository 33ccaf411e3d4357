/**
 * Which partitions a step reads and makes, found out here: for a control plane of an older release, for more keys than a frame holds, and
 * for tests without a control plane. Otherwise the control plane says it.
 */
import type { PartitionMapping, PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { inputKeys, keysOfText } from "@headgate/shared/domain/partitions/input-keys.ts";
import { openPartitions, type PartitionSet, RANGE_SEPARATOR } from "@headgate/shared/domain/partitions/partition-set.ts";
import type { Asset } from "../../definitions/asset-type.ts";
import type { Partitions } from "../../options/partitions.ts";
import { ioContext } from "./io-context.ts";
import { StepError } from "./step-error.ts";
import { ioManagerOf, type StepScope } from "./step-scope.ts";

export interface Needed {
  readonly keys: readonly string[];
  readonly missing: readonly string[];
}

interface Reading {
  readonly asset: Asset;
  readonly upstream: PartitionsDefinition;
  readonly own: PartitionsDefinition | undefined;
  readonly mapping: PartitionMapping | undefined;
}

export async function neededHere({ asset, upstream, own, mapping }: Reading, scope: StepScope): Promise<Needed> {
  if (mapping?.type === "all" || mapping?.type === "last") {
    const keys = await storedPartitions(asset, scope);
    return { keys: mapping.type === "all" ? keys : keys.slice(-1), missing: [] };
  }
  const downstream = own ? openAt(own, scope) : null;
  const needed = inputKeys({ upstream: openAt(upstream, scope), downstream, mapping }, scope.job.partition?.key ?? null);
  if (needed.ok) return needed.value;
  throw new StepError("user_code", `The value of ${asset.key} cannot be read: ${needed.error.message}`);
}

/** The keys that the step makes. */
export interface StepKeys {
  readonly list: readonly string[];
  readonly all: ReadonlySet<string>;
}

type SentPartition = NonNullable<StepScope["job"]["partition"]>;

const NO_KEYS: StepKeys = { list: [], all: new Set() };
/** Each output of a range asks for its keys, and finding them out takes as long as the range has keys. */
const known = new WeakMap<SentPartition, Map<PartitionsDefinition, StepKeys>>();

export function keysOfStep({ definition }: Partitions, { job }: Pick<StepScope, "job">): StepKeys {
  const { partition } = job;
  if (!partition) return NO_KEYS;
  const ofPartition = known.get(partition) ?? new Map<PartitionsDefinition, StepKeys>();
  known.set(partition, ofPartition);
  const found = ofPartition.get(definition);
  if (found) return found;
  const list = listOf(definition, partition);
  const keys = { list, all: new Set(list) };
  ofPartition.set(definition, keys);
  return keys;
}

function listOf(definition: PartitionsDefinition, partition: SentPartition): readonly string[] {
  if (!partition.range) return [partition.key];
  if (partition.keys) return partition.keys;
  const keys = keysOfText(openAt(definition, { job: { partition } }), partition.key);
  if (keys?.length === partition.range.count) return keys;
  throw new StepError("user_code", `The keys of ${partition.key} are not known here. Run fewer partitions at once.`);
}

const YEAR_MS = 31_622_400_000;
/** For a step without a window. */
const FAR_MS = Date.UTC(2100, 0);

/** Opened far enough after the step's window that coarser windows around it exist. Only the step's own keys of a dynamic set are known. */
function openAt(definition: PartitionsDefinition, { job }: { readonly job: Pick<StepScope["job"], "partition"> }): PartitionSet {
  const key = job.partition?.key ?? "";
  const keys = job.partition?.keys ?? (key.includes(RANGE_SEPARATOR) ? [] : [key]);
  const dynamicKeys = [...new Set([...keys, ...keys.flatMap((one) => one.split("|"))])].filter((one) => one !== "");
  const opened = openPartitions(definition, {
    now: typeof job.partition?.end === "number" ? job.partition.end + YEAR_MS : FAR_MS,
    dynamicKeys: () => dynamicKeys,
  });
  if (opened.ok) return opened.value;
  throw new StepError("internal", opened.error.message);
}

/** In the order of the keys, which for time partitions is the order of time. */
async function storedPartitions(asset: Asset, scope: StepScope): Promise<readonly string[]> {
  const manager = ioManagerOf(scope, asset["~definition"]);
  if (manager.partitions) return (await manager.partitions(ioContext(asset, null, scope))).toSorted();
  throw new StepError(
    "user_code",
    `The control plane did not name the partitions of ${asset.key}, and its IO manager "${manager.name}" cannot list them. Update the control plane, or give the IO manager a 'partitions' function.`,
  );
}
