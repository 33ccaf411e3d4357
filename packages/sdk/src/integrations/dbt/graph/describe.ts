/** A dbt project's graph as part of the manifest: assets, checks, external sources and exposures. Pure. */
import { createHash } from "node:crypto";
import type { Metadata, TableColumn } from "@headgate/shared/domain/metadata.ts";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { RetryPolicy } from "@headgate/shared/domain/run/retry-policy.ts";
import type { AutomationOption, FreshnessPolicy } from "../../../options/automation.ts";
import type { UnitDescription, UnitFolder } from "../../../definitions/unit.ts";
import { keyConflicts } from "../mapping/key-conflicts.ts";
import { assetParents } from "../mapping/parents.ts";
import { sanitizeKey, type DbtAssetMap } from "./asset-keys.ts";
import { severityOf, type DbtManifest, type DbtManifestNode, type DbtManifestSource } from "./dbt-manifest.ts";
import type { DbtGraph } from "./graph-cache.ts";
import { metaOption, nodeOf, sourceOf, texts, type DbtNode } from "./dbt-node.ts";

type AssetInput = UnitDescription["assets"][number];
type CheckInput = UnitDescription["checks"][number];

/** What `translate` may change of an asset. */
export interface DbtAssetOptions {
  /** Name of its group in the lineage. */
  readonly group?: string | undefined;
  /** Shown in the dashboard; Markdown. */
  readonly description?: string | undefined;
  /** E-mail addresses or `team:<name>`. */
  readonly owners?: readonly string[] | undefined;
  /** Shown in the dashboard, and selected with `tag:name=value`. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** What it is made of, shown as icons. */
  readonly kinds?: readonly string[] | undefined;
  /** Where a person finds it. */
  readonly url?: string | undefined;
  /** When it is built by itself. */
  readonly automation?: AutomationOption | undefined;
  /** How old it may be. */
  readonly freshness?: FreshnessPolicy | undefined;
}

export interface DescribeOptions {
  readonly unit: string;
  readonly map: DbtAssetMap;
  readonly manifest: DbtManifest;
  readonly selected: DbtGraph["selected"];
  readonly folders: readonly UnitFolder[];
  readonly env: readonly string[];
  readonly retry: RetryPolicy | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly pool: string | undefined;
  translate(node: DbtNode): DbtAssetOptions;
  partitions(node: DbtNode): PartitionsDefinition | undefined;
}

const MAX_CODE = 200_000;

/** The assets and checks, or what two of them have the same key for. */
export function describeProject(options: DescribeOptions): {
  readonly description: UnitDescription;
  readonly errors: readonly LoadError[];
} {
  const { map, manifest } = options;
  const assets = [...map.nodes].map(([key, node]) => builtAsset(options, key, node));
  const exposures = shownExposures(options);
  const sources = shownSources(options, exposures);
  const checks = [...map.checks.values()].map((check): CheckInput => {
    const severity = severityOf(check.test);
    const description = check.test.description ?? "";
    return {
      asset: check.asset,
      name: check.name,
      unit: options.unit,
      severity,
      // dbt itself holds back what reads a source whose test fails, or all models of a test, in the one build that does both.
      blocking: severity === "error" && !check.onSource && !check.shared,
      ...(description !== "" && { description }),
    };
  });
  const keys = new Set(map.nodes.keys());
  const external = exposures.map((shown) => exposureAsset(map, shown));
  const errors = keyConflicts({
    manifest,
    map,
    sources: sources.map(({ unique_id: id }) => ({ id, key: map.keys.get(id) ?? "" })),
    exposures: exposures.map(({ exposure }) => ({ id: exposure.unique_id, key: exposureKey(exposure) })),
  });
  const description: UnitDescription = {
    assets: [...assets, ...sourceAssets(options, sources), ...external],
    unit: {
      id: options.unit,
      kind: "dbt",
      assets: [...keys],
      checks: [...map.checks.keys()],
      subset: true,
      ...(options.retry && { retry: options.retry }),
      ...(options.timeoutSeconds !== undefined && { timeoutSeconds: options.timeoutSeconds }),
      ...(options.pool !== undefined && { pool: options.pool }),
    },
    checks,
    folders: options.folders,
    env: options.env,
  };
  return { description, errors };
}

function builtAsset(options: DescribeOptions, key: string, manifestNode: DbtManifestNode): AssetInput {
  const node = nodeOf(manifestNode);
  const translated = options.translate(node);
  const partitions = options.partitions(node);
  const columns = columnsOf(manifestNode.columns);
  const code = manifestNode.raw_code ?? "";
  return {
    key,
    unit: options.unit,
    group: translated.group ?? groupOf(node),
    owners: [...(translated.owners ?? ownersOf(node, options.manifest))],
    tags: { ...tagsOf(node.tags), ...translated.tags },
    kinds: [...(translated.kinds ?? ["dbt", ...texts(options.manifest.metadata.adapter_type)])],
    deps: depsOf(options.map, assetParents(options.manifest, manifestNode)),
    metadata: metadataOf(node, manifestNode),
    codeVersion: code === "" ? (manifestNode.checksum?.checksum ?? sha256(node.uniqueId)) : sha256(code),
    ...optional("description", translated.description ?? node.description),
    ...optional("relation", node.relation ?? ""),
    ...optional("url", translated.url ?? ""),
    ...(translated.automation && { automation: translated.automation }),
    ...(translated.freshness && { freshness: translated.freshness }),
    ...(columns.length > 0 && { columns }),
    ...(partitions && { partitions }),
    ...(code !== "" && { code: { language: manifestNode.language ?? "sql", text: code.slice(0, MAX_CODE) } }),
  };
}

function metadataOf(node: DbtNode, manifestNode: DbtManifestNode): Metadata {
  return {
    dbt_unique_id: { type: "text", value: node.uniqueId },
    dbt_path: { type: "path", value: manifestNode.original_file_path },
    ...(node.materialized !== null && { dbt_materialized: { type: "text", value: node.materialized } }),
  };
}

type Exposure = DbtManifest["exposures"][string];

interface ShownExposure {
  readonly exposure: Exposure;
  /** Without nodes that another part of the project makes, which shows the exposure as well. */
  readonly parents: readonly string[];
}

/** A part of the project has the exposures that show something of this part, and selected ones that show no model at all. */
function shownExposures({ manifest, map, selected }: DescribeOptions): ShownExposure[] {
  const own = new Set([...map.nodes.values()].map((node) => node.unique_id));
  return Object.values(manifest.exposures).flatMap((exposure) => {
    const all = assetParents(manifest, exposure);
    const parents = all.filter((id) => own.has(id) || id in manifest.sources);
    const isShown =
      selected === null || all.some((id) => own.has(id)) || (selected.has(exposure.unique_id) && all.every((id) => id in manifest.sources));
    return isShown ? [{ exposure, parents }] : [];
  });
}

/** Sources that something here reads. */
function shownSources({ manifest, map }: DescribeOptions, exposures: readonly ShownExposure[]): DbtManifestSource[] {
  const used = new Set(exposures.flatMap(({ parents }) => parents));
  for (const node of map.nodes.values()) for (const parent of assetParents(manifest, node)) used.add(parent);
  return Object.values(manifest.sources).filter((source) => used.has(source.unique_id));
}

/** Those that nothing here makes; a TypeScript asset of the same key takes their place at index time. */
function sourceAssets(options: DescribeOptions, sources: readonly DbtManifestSource[]): AssetInput[] {
  const assets = new Map<string, AssetInput>();
  for (const source of sources) {
    const key = options.map.keys.get(source.unique_id);
    if (key !== undefined && !options.map.nodes.has(key) && !assets.has(key)) assets.set(key, sourceAsset(options, key, source));
  }
  return [...assets.values()];
}

/** A source; nothing here makes it. */
export function sourceAsset(options: Pick<DescribeOptions, "manifest" | "translate">, key: string, source: DbtManifestSource): AssetInput {
  const node = sourceOf(source);
  const translated = options.translate(node);
  const columns = columnsOf(source.columns);
  return {
    key,
    unit: null,
    group: translated.group ?? sanitizeKey(source.source_name),
    owners: [...(translated.owners ?? ownersOf(node, options.manifest))],
    tags: { ...tagsOf(node.tags), ...translated.tags },
    kinds: [...(translated.kinds ?? texts(source.loader))],
    ...optional("description", translated.description ?? node.description),
    ...optional("relation", node.relation ?? ""),
    ...optional("url", translated.url ?? ""),
    ...(translated.automation && { automation: translated.automation }),
    ...(translated.freshness && { freshness: translated.freshness }),
    ...(columns.length > 0 && { columns }),
  };
}

function exposureKey(exposure: Exposure): string {
  const meta = { ...exposure.meta, ...exposure.config?.meta };
  const name = texts((meta["headgate"] as { asset_key?: unknown } | undefined)?.asset_key).join("/");
  return sanitizeKey(name === "" ? `${exposure.type}/${exposure.name}` : name);
}

function exposureAsset(map: DbtAssetMap, { exposure, parents }: ShownExposure): AssetInput {
  return {
    key: exposureKey(exposure),
    unit: null,
    group: "exposures",
    owners: texts(exposure.owner?.email),
    tags: tagsOf(exposure.tags ?? []),
    kinds: [exposure.type],
    deps: depsOf(map, parents),
    metadata: {
      ...(exposure.label && { label: { type: "text", value: exposure.label } }),
      ...(exposure.maturity && { maturity: { type: "text", value: exposure.maturity } }),
      ...(exposure.owner?.name && { owner: { type: "text", value: exposure.owner.name } }),
    },
    ...optional("description", exposure.description || exposure.label || ""),
    ...optional("url", exposure.url ?? ""),
  };
}

/** Several tables may have one key, which is named once. */
function depsOf(map: DbtAssetMap, parents: readonly string[]): { key: string }[] {
  const keys = new Set(parents.flatMap((parent) => map.keys.get(parent) ?? []));
  return [...keys].map((key) => ({ key }));
}

function groupOf(node: DbtNode): string {
  const explicit = metaOption(node, "group");
  return typeof explicit === "string" ? explicit : (node.schema ?? node.group ?? "default");
}

function ownersOf(node: DbtNode, manifest: DbtManifest): string[] {
  const own = texts(metaOption(node, "owners"));
  if (own.length > 0) return own;
  const group = Object.values(manifest.groups).find((entry) => entry.name === node.group);
  return [...new Set([...texts(node.meta["owner"]), ...texts(node.meta["owners"]), ...texts(group?.owner?.email)])];
}

/** `bronze` becomes `bronze: ""`; `partitioned:daily` and `team=core` become name and value; any other text is a name. */
function tagsOf(tags: readonly string[]): Record<string, string> {
  const entries: [string, string][] = [];
  for (const tag of tags) {
    const [, name = tag, value = ""] = /^([^:=]+)[:=](.+)$/s.exec(tag) ?? [];
    if (name !== "") entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}

function columnsOf(columns: DbtManifestNode["columns"]): TableColumn[] {
  return (columns ?? []).map((column) => ({
    name: column.name,
    type: column.data_type ?? "?",
    ...(column.description && { description: column.description }),
  }));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function optional<N extends string>(name: N, value: string): { readonly [P in N]?: string } {
  return (value === "" ? {} : { [name]: value }) as { readonly [P in N]?: string };
}
