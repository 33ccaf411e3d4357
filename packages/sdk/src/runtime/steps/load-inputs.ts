/** Upstream values for the `inputs` of an asset, through the upstream's IO manager. */
import type { Asset } from "../../definitions/asset-type.ts";
import type { Input } from "../../definitions/asset-type.ts";
import { NO_VALUE, type IoContext, type IoManager } from "../../definitions/io-manager.ts";
import { inputAsset } from "../manifest/describe-asset.ts";
import { stepLogger } from "./logger.ts";
import { StepError } from "./step-error.ts";
import { ioManagerOf, type StepScope } from "./step-scope.ts";

export async function loadInputs(inputs: Readonly<Record<string, Input>>, scope: StepScope): Promise<Record<string, unknown>> {
  const entries = await Promise.all(Object.entries(inputs).map(async ([name, input]) => [name, await loadInput(input, scope)] as const));
  return Object.fromEntries(entries);
}

async function loadInput(input: Input, scope: StepScope): Promise<unknown> {
  const asset = inputAsset(input);
  switch (input.kind) {
    case "asset":
      return await loadValue(asset, asset["~definition"].partitions ? (scope.job.partition?.key ?? null) : null, scope);
    case "allPartitions": {
      const keys = await storedPartitions(asset, scope);
      const values = await Promise.all(keys.map(async (key) => [key, await loadValue(asset, key, scope)] as const));
      return new Map(values);
    }
    case "lastPartition": {
      const last = (await storedPartitions(asset, scope)).at(-1);
      if (last === undefined)
        throw new StepError("upstream_failed", `${asset.key} has no stored value for any partition; materialize it first.`);
      return await loadValue(asset, last, scope);
    }
    default:
      return input satisfies never;
  }
}

/** For inputs, and for checks that read their asset's value. */
export async function loadValue(asset: Asset, partition: string | null, scope: StepScope): Promise<unknown> {
  const manager = ioManagerOf(scope, asset["~definition"]);
  const value = await loadOrNone(manager, ioContext(asset, partition, scope));
  if (value !== NO_VALUE) return value;
  const which = partition === null ? "" : ` for partition ${partition}`;
  throw new StepError("upstream_failed", `${asset.key} has no stored value${which}; materialize it first.`);
}

/** A thrown `NO_VALUE` counts as a returned one, because the documentation of 0.1 said that it is thrown. */
async function loadOrNone(manager: IoManager, context: IoContext): Promise<unknown> {
  try {
    return await manager.load(context);
  } catch (error) {
    if (error === NO_VALUE) return NO_VALUE;
    throw error;
  }
}

/** In the order of the keys, which for time partitions is the order of time. */
async function storedPartitions(asset: Asset, scope: StepScope): Promise<readonly string[]> {
  const manager = ioManagerOf(scope, asset["~definition"]);
  if (manager.partitions) return (await manager.partitions(ioContext(asset, null, scope))).toSorted();
  throw new StepError(
    "user_code",
    `The IO manager "${manager.name}" of ${asset.key} cannot list partitions; give it a 'partitions' function.`,
  );
}

export function ioContext(asset: Asset, partition: string | null, scope: StepScope): IoContext {
  return {
    asset: asset.key,
    partition,
    metadata: asset["~definition"].metadata ?? {},
    resources: scope.resources,
    folders: scope.folders,
    env: scope.env,
    log: stepLogger(scope.emit, asset.key),
    signal: scope.signal,
  };
}
