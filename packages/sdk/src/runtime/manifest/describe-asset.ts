/** Translates one asset definition into the manifest. */
import { createHash } from "node:crypto";
import type { z } from "zod";
import type { manifestAssetSchema } from "@headgate/shared/manifest/schema.ts";
import { storableMetadata } from "@headgate/shared/protocol/fit-event.ts";
import type { Asset } from "../../definitions/asset-type.ts";
import type { Dep, Input } from "../../definitions/asset-type.ts";
import type { IoManager } from "../../definitions/io-manager.ts";
import type { AnyResource } from "../../definitions/resource.ts";
import type { SourceAsset } from "../../definitions/asset-type.ts";
import type { PartitionMapping } from "@headgate/shared/domain/partitions/definition.ts";
import { automationOf } from "./describe-automation.ts";
import { checkPartitions } from "./check-partitions.ts";
import { jsonSchemaOf } from "../config-values.ts";
import type { Problems } from "./problems.ts";

export type ManifestAssetInput = z.input<typeof manifestAssetSchema>;
interface ManifestDep {
  readonly key: string;
  readonly input?: string;
  readonly mapping?: PartitionMapping;
}

export function describeAsset(asset: Asset, unit: string, problems: Problems): ManifestAssetInput {
  const definition = asset["~definition"];
  const owner = `asset "${asset.key}"`;
  const partitions = definition.partitions?.definition;
  if (partitions) checkPartitions(partitions, (message) => problems.add(definition.site, `Partitions of ${owner}: ${message}`));
  const deps = [
    ...(definition.deps ?? []).map(describeDep),
    ...Object.entries(definition.inputs).map(([name, input]) => describeInput(name, input)),
  ];
  for (const [name, input] of Object.entries(definition.inputs))
    checkInput({ owner, name, input, partitioned: partitions !== undefined }, (message) => problems.add(definition.site, message));
  const configSchema = definition.config && jsonSchemaOf(definition.config);
  return {
    key: asset.key,
    unit,
    group: definition.group,
    description: definition.description,
    owners: definition.owners?.slice(),
    tags: definition.tags && { ...definition.tags },
    kinds: definition.kinds?.slice(),
    deps: mergeDeps(deps),
    partitions,
    codeVersion: definition.codeVersion ?? createHash("sha256").update(definition.sourceText).digest("hex").slice(0, 16),
    columns: definition.columns?.map((column) => ({ ...column, tags: column.tags && { ...column.tags } })),
    metadata: storableMetadata(definition.metadata),
    ...automationOf(definition, (message) => problems.add(definition.site, `${capitalized(owner)}: ${message}`)),
    ...(definition.observable === true && { observable: true }),
    ...(configSchema !== undefined && { configSchema }),
    source: problems.place(definition.site),
  };
}

export function describeSource(source: SourceAsset, problems: Problems): ManifestAssetInput {
  const definition = source["~definition"];
  const owner = `external asset "${source.key}"`;
  const partitions = definition.partitions?.definition;
  if (partitions) checkPartitions(partitions, (message) => problems.add(definition.site, `Partitions of ${owner}: ${message}`));
  return {
    key: source.key,
    unit: null,
    group: definition.group,
    description: definition.description,
    owners: definition.owners?.slice(),
    tags: definition.tags && { ...definition.tags },
    kinds: definition.kinds?.slice(),
    deps: mergeDeps((definition.deps ?? []).map(describeDep)),
    partitions,
    columns: definition.columns?.map((column) => ({ ...column, tags: column.tags && { ...column.tags } })),
    url: definition.url,
    metadata: storableMetadata(definition.metadata),
    ...automationOf(definition, (message) => problems.add(definition.site, `${capitalized(owner)}: ${message}`)),
    source: problems.place(definition.site),
  };
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function describeDep(dep: Dep): ManifestDep {
  if (typeof dep === "string") return { key: dep };
  return dep.kind === "dependency" ? { key: dep.key, mapping: dep.mapping } : { key: dep.key };
}

function describeInput(name: string, input: Input): ManifestDep {
  const mapping = inputMapping(input);
  return { key: inputAsset(input).key, input: name, ...(mapping && { mapping }) };
}

/**
 * An upstream named in `deps` and `inputs` is one edge; the input's mapping wins because it says what is loaded. Among several inputs the one
 * that reads all partitions wins, because the keys of the others are among its own.
 */
function mergeDeps(deps: readonly ManifestDep[]): ManifestDep[] {
  const byKey = new Map<string, ManifestDep>();
  for (const dep of deps) {
    const known = byKey.get(dep.key);
    const readsAll = known?.input !== undefined && known.mapping?.type === "all";
    byKey.set(dep.key, readsAll ? known : { ...known, ...dep });
  }
  return [...byKey.values()];
}

function checkInput(use: { owner: string; name: string; input: Input; partitioned: boolean }, report: (message: string) => void): void {
  const upstream = inputAsset(use.input);
  const isPartitioned = upstream["~definition"].partitions !== undefined;
  if (use.input.kind === "asset" && isPartitioned && !use.partitioned) {
    report(
      `Input '${use.name}' of ${use.owner} is the partitioned asset "${upstream.key}", but the asset itself is not partitioned. Use allPartitions(...) or lastPartition(...).`,
    );
  }
  if (use.input.kind !== "asset" && !isPartitioned) {
    report(
      `Input '${use.name}' of ${use.owner} asks for partitions of "${upstream.key}", which is not partitioned. Pass the asset itself.`,
    );
  }
}

export function inputAsset(input: Input): Asset {
  return input.kind === "asset" ? input : input.asset;
}

/** Undefined: inferred from the partitions of both. */
export function inputMapping(input: Input): PartitionMapping | undefined {
  switch (input.kind) {
    case "asset":
      return undefined;
    case "allPartitions":
      return { type: "all" };
    case "lastPartition":
      return { type: "last" };
    case "dependency":
      return input.mapping;
    default:
      return input satisfies never;
  }
}

/** Resource tokens an asset's step needs: its own, those of its IO manager and those of the IO managers its inputs are loaded with. */
export function requiredResources(
  definition: Pick<Asset["~definition"], "requires" | "inputs">,
  stores: readonly (IoManager | undefined)[],
): AnyResource[] {
  const loads = Object.values(definition.inputs).map((input) => inputAsset(input)["~definition"].ioManager);
  return [...definition.requires, ...[...stores, ...loads].flatMap((manager) => manager?.requires ?? [])];
}
