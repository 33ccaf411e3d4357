/** What an IO manager is called with. */
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { openPartitions, type PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import type { Asset } from "../../definitions/asset-type.ts";
import type { IoContext } from "../../definitions/io-manager.ts";
import { stepLogger } from "./logger.ts";
import type { StepScope } from "./step-scope.ts";

export function ioContext(asset: Asset, partition: string | null, scope: StepScope): IoContext {
  const window = windowOf(asset, partition, scope);
  const sent = scope.job.partition;
  return {
    asset: asset.key,
    partition,
    ...(window && { window }),
    ...(sent?.range && partition === sent.key && { range: sent.range }),
    metadata: asset["~definition"].metadata ?? {},
    resources: scope.resources,
    folders: scope.folders,
    env: scope.env,
    log: stepLogger(scope.emit, asset.key),
    signal: scope.signal,
  };
}

const opened = new WeakMap<PartitionsDefinition, PartitionSet>();

/** Null for partitions without time. Windows do not depend on how many there are by now. */
function openedWindows(definition: PartitionsDefinition): PartitionSet | null {
  if (definition.type === "static" || definition.type === "dynamic") return null;
  const known = opened.get(definition);
  if (known) return known;
  const set = openPartitions(definition, { now: 0, dynamicKeys: () => [] });
  if (set.ok) opened.set(definition, set.value);
  return set.ok ? set.value : null;
}

function windowOf(asset: Asset, partition: string | null, scope: StepScope): IoContext["window"] {
  const definition = asset["~definition"].partitions?.definition;
  if (partition === null || definition === undefined) return undefined;
  const sent = scope.job.partition;
  if (sent?.range && partition === sent.key)
    return sent.start === null || sent.end === null ? undefined : { start: new Date(sent.start), end: new Date(sent.end) };
  const window = openedWindows(definition)?.windowOf(partition);
  return window ? { start: new Date(window.start), end: new Date(window.end) } : undefined;
}
