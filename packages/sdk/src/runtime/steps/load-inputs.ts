/** Upstream values for the `inputs` of an asset, through the upstream's IO manager. */
import { readsOne } from "@headgate/shared/domain/partitions/input-keys.ts";
import type { Asset, Input } from "../../definitions/asset-type.ts";
import { NO_VALUE, type IoManager } from "../../definitions/io-manager.ts";
import type { Partitions } from "../../options/partitions.ts";
import { inputAsset, inputMapping } from "../manifest/describe-asset.ts";
import { ioContext } from "./io-context.ts";
import { keysOfStep, neededHere, type Needed } from "./needed-keys.ts";
import { StepError } from "./step-error.ts";
import { ioManagerOf, type StepScope } from "./step-scope.ts";

/** Values loaded at the same time, so that thousands of partitions do not open thousands of files. */
const PARALLEL = 32;

interface Reader {
  readonly partitions: Partitions | undefined;
  readonly inputs: Readonly<Record<string, Input>>;
}

export async function loadInputs(reader: Reader, scope: StepScope): Promise<Record<string, unknown>> {
  const entries = await Promise.all(
    Object.entries(reader.inputs).map(async ([name, input]) => [name, await loadInput({ name, input, reader }, scope)] as const),
  );
  return Object.fromEntries(entries);
}

type Sent = NonNullable<StepScope["job"]["inputs"]>[number];

interface Use {
  readonly name: string;
  readonly input: Input;
  readonly reader: Reader;
}

async function loadInput({ name, input, reader }: Use, scope: StepScope): Promise<unknown> {
  const asset = inputAsset(input);
  const upstream = asset["~definition"].partitions?.definition;
  const mapping = inputMapping(input);
  const sent = sentOf({ name, input, reader }, scope);
  const never = sent && new Set(sent.never);
  if (!upstream) return await loadOne(asset, null, { scope, never });
  const own = reader.partitions?.definition;
  const isOne = readsOne(own, upstream, mapping);
  const needed: Needed = sent?.keys
    ? { keys: sent.keys, missing: sent.missing }
    : await neededHere({ asset, upstream, own, mapping }, scope);
  const [missing] = needed.missing;
  if (missing !== undefined) throw new StepError("upstream_failed", missingText(asset, missing, scope));
  // One partition of the reader may read one partition, but a range of them reads several.
  const isFixed = mapping?.type === "last" || mapping?.type === "specific";
  if (!isOne || (scope.job.partition?.range && !isFixed)) return await loadMany(asset, needed.keys, { scope, never });
  const [key, second] = needed.keys;
  if (second !== undefined) return await loadMany(asset, needed.keys, { scope, never });
  if (key !== undefined) return await loadOne(asset, key, { scope, never });
  if (mapping?.type === "time_window" && mapping.allowNonexistentUpstream === true) return undefined;
  throw new StepError("upstream_failed", nothingText(asset, mapping?.type, scope));
}

/** What the control plane says about an input. It says one thing of each upstream, and the last partition is the last of all. */
function sentOf({ name, input, reader }: Use, scope: StepScope): Sent | undefined {
  const asset = inputAsset(input);
  const sent = scope.job.inputs?.find((other) => other.asset === asset.key);
  if (sent === undefined || sent.input === name) return sent;
  const other = reader.inputs[sent.input];
  const isLastOfAll = inputMapping(input)?.type === "last" && other !== undefined && inputMapping(other)?.type === "all";
  return isLastOfAll && sent.keys ? { ...sent, keys: sent.keys.slice(-1) } : undefined;
}

/** For checks that read their asset's value: of a range, the values by key. */
export async function loadOwnValue(asset: Asset, scope: StepScope): Promise<unknown> {
  const { partitions } = asset["~definition"];
  const range = partitions && scope.job.partition?.range;
  const manager = ioManagerOf(scope, asset["~definition"]);
  if (!range || manager.ranges === true) return await loadOne(asset, partitions ? (scope.job.partition?.key ?? null) : null, { scope });
  return await loadMany(asset, keysOfStep(partitions, scope).list, { scope });
}

interface Loading {
  readonly scope: StepScope;
  /** The keys that were never materialized; undefined if that is not known. */
  readonly never?: ReadonlySet<string> | undefined;
}

async function loadMany(asset: Asset, keys: readonly string[], loading: Loading): Promise<ReadonlyMap<string, unknown>> {
  const values = new Map<string, unknown>();
  for (let from = 0; from < keys.length; from += PARALLEL) {
    const some = keys.slice(from, from + PARALLEL);
    const loaded = await Promise.all(some.map(async (key) => await loadOne(asset, key, loading)));
    for (const [index, key] of some.entries()) values.set(key, loaded[index]);
  }
  return values;
}

async function loadOne(asset: Asset, partition: string | null, { scope, never }: Loading): Promise<unknown> {
  const manager = ioManagerOf(scope, asset["~definition"]);
  const value = await loadOrNone(manager, ioContext(asset, partition, scope));
  if (value !== NO_VALUE) return value;
  throw new StepError("upstream_failed", noValueText(asset, partition, never));
}

function noValueText(asset: Asset, partition: string | null, never: ReadonlySet<string> | undefined): string {
  const which = partition === null ? "" : ` for partition ${partition}`;
  const advice = "return one, or name the asset in 'deps' instead of 'inputs'";
  if (never === undefined) return `${asset.key} has no stored value${which}; materialize it first.`;
  if (never.has(partition ?? asset.key))
    return `${asset.key} has no stored value${which}, because it was never materialized; materialize it first.`;
  return `${asset.key} was materialized${which}, but has no stored value: its function returned none. Let it ${advice}.`;
}

function missingText(asset: Asset, key: string, scope: StepScope): string {
  const own = scope.job.partition?.key ?? "";
  return `Partition ${own} reads partition ${key} of ${asset.key}, which does not exist. Choose another partition mapping, or give mapping.timeWindow(...) the option 'allowNonexistentUpstream' to run without it.`;
}

function nothingText(asset: Asset, mapping: string | undefined, scope: StepScope): string {
  if (mapping === "last") return `${asset.key} has no stored value for any partition; materialize it first.`;
  const own = scope.job.partition?.key;
  const advice =
    mapping === "time_window" ? ", or give mapping.timeWindow(...) the option 'allowNonexistentUpstream' to run without a value" : "";
  return `No partition of ${asset.key} belongs to ${own === undefined ? "this run" : `partition ${own}`}. Choose another partition mapping${advice}.`;
}

/** A thrown `NO_VALUE` counts as a returned one, because the documentation of 0.1 said that it is thrown. */
async function loadOrNone(manager: IoManager, context: Parameters<IoManager["load"]>[0]): Promise<unknown> {
  try {
    return await manager.load(context);
  } catch (error) {
    if (error === NO_VALUE) return NO_VALUE;
    throw error;
  }
}
