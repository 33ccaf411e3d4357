/** Sources of a dbt project that another system fills, as observable assets: dbt reads their freshness and runs their tests as checks. */
import { basename, join } from "node:path";
import type { StepEvent, StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Metadata } from "@headgate/shared/domain/metadata.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { AutomationOption } from "../../options/automation.ts";
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import { AUTOMATION } from "../../options/common-rules.ts";
import { type Duration, secondsIn } from "../../options/duration.ts";
import type { Unit, UnitContext, UnitDefinition, UnitDescribeContext, UnitDescribeResult } from "../../definitions/unit.ts";
import { createReport } from "./report/build-report.ts";
import { severityOf, type DbtManifestSource } from "./graph/dbt-manifest.ts";
import { sourceOf, type DbtNode } from "./graph/dbt-node.ts";
import { keyConflicts } from "./mapping/key-conflicts.ts";
import { sourceAsset, type DbtAssetOptions } from "./graph/describe.ts";
import { lockAll } from "./execution/execute.ts";
import { cleanMessage, reasonFirst } from "./report/failure.ts";
import { notesOfFiles } from "./graph/check-files.ts";
import { loadFailure, loadProject, publishedFolders } from "./graph/load-project.ts";
import type { DbtFreshness } from "./report/log-line.ts";
import { storageParseCache } from "./graph/parse-cache.ts";
import type { DbtProject } from "./project.ts";
import { runDbt, type DbtExit } from "./execution/run-dbt.ts";

/** Options of `dbtSources`. */
export interface DbtSourcesOptions {
  /** The project; made with `dbtProject`. */
  readonly project: DbtProject;
  /** Name of the step, shown as `dbt-sources:<name>`. Default: the name of the project's folder. */
  readonly name?: string | undefined;
  /** Which sources. Default: those with a freshness or a test in their YAML. Exclude those that an asset of yours fills. */
  readonly include?: ((source: DbtNode) => boolean) | undefined;
  /** When they are observed automatically, e.g. `automation.cronTickPassed("*\/15 * * * *")`. Default: never. */
  readonly automation?: AutomationOption | undefined;
  /** Changes how a source becomes an asset; give the same function to `dbtAssets` when it changes keys. */
  readonly translate?: ((node: DbtNode) => DbtAssetOptions & { readonly key?: string | undefined }) | undefined;
  /** Time limit of one attempt. Default: none. */
  readonly timeout?: Duration | undefined;
  /** Steps of a pool share its slots. Default: no pool. */
  readonly pool?: string | undefined;
}

const DBT_SOURCES: OptionRules<DbtSourcesOptions> = {
  project: "object",
  name: "text",
  include: "function",
  automation: AUTOMATION,
  translate: "function",
  timeout: "duration",
  pool: "text",
};

/** Check of a source that has `freshness` in its YAML. */
const FRESHNESS = "freshness";

/**
 * The sources of a dbt project as observable assets: a run of them asks `dbt source freshness` when each was filled last, and runs their
 * tests. What depends on a source can react when it was filled again.
 *
 * @example
 * export const exported = dbtSources({ project, automation: automation.cronTickPassed("*\/15 * * * *") });
 */
export function dbtSources(options: DbtSourcesOptions): Unit {
  checkOptions(options, DBT_SOURCES, { call: "dbtSources", definer: dbtSources, what: "dbtSources", needs: ["project"] });
  const id = `dbt-sources:${options.name ?? basename(options.project.dir)}`;
  const definition: UnitDefinition = {
    kind: "unit",
    id,
    unitKind: "dbt",
    requires: [],
    describe: (context) => describe(options, id, context),
    execute: (context) => execute(options, context),
  };
  return definition;
}

async function describe(options: DbtSourcesOptions, unit: string, context: UnitDescribeContext): Promise<UnitDescribeResult> {
  const storage = context.storage ?? join(context.root, ".headgate", "storage");
  const folders = { root: context.root, scratch: context.scratch, storage };
  const loaded = await load(options, { folders, env: context.env, signal: new AbortController().signal, anyEnvironment: false });
  if (!loaded.ok) return loaded;
  const { sources, shown, checks, graph, project, files } = loaded;
  if (sources.size === 0) {
    const message = `The dbt project in "${options.project.dir}" has no source with a freshness or a test${options.include ? " that include() wants" : ""}.`;
    return {
      ok: false,
      errors: [{ kind: "project", message, hint: "Add freshness and loaded_at_field to the source, or leave dbtSources out." }],
    };
  }
  const errors: LoadError[] = keyConflicts({
    manifest: graph.manifest,
    map: { ...loaded.map, nodes: new Map(), duplicates: [] },
    sources: shown,
    exposures: [],
  });
  const timeoutSeconds = secondsIn(options.timeout, "timeout", (message) => {
    errors.push({ kind: "project", message: `${unit}: ${message}` });
  });
  if (errors.length > 0) return { ok: false, errors };
  const translate = (node: DbtNode): DbtAssetOptions => ({ automation: options.automation, ...options.translate?.(node) });
  return {
    ok: true,
    description: {
      assets: [...sources].map(([key, source]) => ({
        ...sourceAsset({ manifest: graph.manifest, translate }, key, source),
        unit,
        observable: true,
      })),
      unit: {
        id: unit,
        kind: "dbt",
        assets: [...sources.keys()],
        checks: [...checks.keys(), ...[...sources].flatMap(([key, source]) => (hasFreshness(source) ? [`${key}:${FRESHNESS}`] : []))],
        subset: true,
        ...(timeoutSeconds !== undefined && { timeoutSeconds }),
        ...(options.pool !== undefined && { pool: options.pool }),
      },
      checks: [
        ...[...checks.values()].map((check) => ({
          asset: check.asset,
          name: check.name,
          unit,
          severity: severityOf(check.test),
          blocking: severityOf(check.test) === "error",
        })),
        ...[...sources].flatMap(([key, source]) =>
          hasFreshness(source)
            ? [
                {
                  asset: key,
                  name: FRESHNESS,
                  unit,
                  severity: source.freshness?.error_after?.count == null ? ("warn" as const) : ("error" as const),
                },
              ]
            : [],
        ),
      ],
      folders: publishedFolders(project, files),
      env: files.envNames.filter((name) => !(name in project.stableEnv)),
      warnings: [
        ...graph.warnings,
        ...notesOfFiles(project, files),
        ...unreadableWarnings(graph.manifest.metadata.adapter_type ?? "", sources),
      ],
    },
  };
}

async function load(options: DbtSourcesOptions, context: Parameters<typeof loadProject>[1]) {
  const loaded = await loadProject(
    { project: options.project, translate: options.translate, sourceTests: true, ownSources: true },
    context,
  );
  if (!loaded.ok) return loaded;
  const { map, graph } = loaded;
  const tested = new Set([...map.checks.values()].filter(({ onSource }) => onSource).map(({ asset }) => asset));
  const sources = new Map<string, DbtManifestSource>();
  const shown: { id: string; key: string }[] = [];
  for (const source of Object.values(graph.manifest.sources)) {
    const key = map.keys.get(source.unique_id);
    if (key === undefined || (!hasFreshness(source) && !tested.has(key))) continue;
    if (!(options.include?.(sourceOf(source)) ?? true)) continue;
    shown.push({ id: source.unique_id, key });
    if (!sources.has(key)) sources.set(key, source);
  }
  const checks = new Map([...map.checks].filter(([, { onSource, asset }]) => onSource && sources.has(asset)));
  return { ...loaded, sources, shown, checks };
}

async function execute(options: DbtSourcesOptions, context: UnitContext): Promise<StepOutcome> {
  const loaded = await load(options, { folders: context.folders, env: context.env, signal: context.signal, anyEnvironment: true });
  if (!loaded.ok)
    return context.signal.aborted ? { outcome: "canceled" } : { outcome: "failed", failure: loadFailure(loaded.errors), retryable: false };
  const { sources, checks, graph, map, project, files } = loaded;
  const wanted = [...sources].filter(([key]) => context.assets.has(key) || context.checks.has(`${key}:${FRESHNESS}`));
  const report = createReport({
    manifest: graph.manifest,
    map: { ...map, checks, checkIds: new Map([...checks].map(([id, { test }]) => [test.unique_id, [id]])) },
    wanted: { assets: new Set(), checks: context.checks },
    partition: null,
    targetPath: join(context.folders.scratch, "target"),
    statsFollow: false,
    emit: (event) => context.emit(event),
  });
  const unread = new Map<string, string>();
  const seen = new Set<string>();
  // Names may have spaces or an asterisk, which mean something after --select; unique ids do not.
  const dbt = (command: readonly string[], chosen: readonly string[]): Promise<DbtExit> =>
    runDbt({
      project,
      command,
      chosen,
      targetPath: join(context.folders.scratch, "target"),
      scratch: join(context.folders.scratch, "dbt"),
      parseCache: storageParseCache(project, context.folders),
      countRows: false,
      files,
      warm: true,
      signal: context.signal,
      own: true,
      lock: (paths) => lockAll(paths, context),
      onLine: (line) => {
        report.receive(line);
        if (line.kind !== "freshness") return;
        const key = map.keys.get(line.freshness.unique_id);
        if (key === undefined) return;
        seen.add(key);
        if (line.freshness.max_loaded_at === null) unread.set(key, cleanMessage(line.freshness.message ?? line.freshness.status));
        else for (const event of freshnessEvents(key, line.freshness, context.checks)) context.emit(event);
      },
    });
  const measured = wanted.filter(([, source]) => hasFreshness(source));
  const exits: DbtExit[] = [];
  if (measured.length > 0)
    exits.push(
      await dbt(
        ["source", "freshness", "--select", ...measured.map(([, source]) => selector(source))],
        measured.map(([, source]) => source.unique_id),
      ),
    );
  const tests = [...context.checks].flatMap((id) => checks.get(id)?.test ?? []);
  if (tests.length > 0 && !context.signal.aborted)
    exits.push(
      await dbt(
        ["test", "--indirect-selection", "empty", "--select", ...tests.map(({ fqn }) => `fqn:${fqn.join(".")}`)],
        tests.map((test) => test.unique_id),
      ),
    );
  if (context.signal.aborted) return { outcome: "canceled" };
  const broken = exits.find(({ code }) => code !== 0 && code !== 1);
  const missing = measured.filter(([key]) => !seen.has(key)).map(([key]) => key);
  const undefinable = new Set([...unread].filter(([, said]) => NO_FIELD.test(said)).map(([key]) => key));
  for (const [key, source] of wanted) {
    const said = unread.get(key);
    if (said === undefined) continue;
    if (context.checks.has(`${key}:${FRESHNESS}`)) context.emit(unreadCheck(key, source, said));
    if (!undefinable.has(key) && context.assets.has(key))
      context.emit({ type: "asset_failed", asset: key, failure: { kind: "dbt", message: reasonFirst(said) } });
  }
  const failed = [...unread].filter(([key]) => !undefinable.has(key));
  if (failed.length > 0 || broken || missing.length > 0) {
    const said =
      failed.length > 0
        ? failed.map(([key, text]) => `${key}: ${reasonFirst(text)}`).join("; ")
        : (broken?.error ?? broken?.stderr ?? `dbt said nothing about ${missing.join(", ")}.`);
    const message = `The freshness of sources could not be read. ${cleanMessage(said)}`;
    return { outcome: "failed", failure: { kind: "dbt", message: message.slice(0, 20_000) }, retryable: true };
  }
  // One without a freshness, or with one that nothing can tell, has only its tests to show.
  for (const [key, source] of wanted)
    if ((!hasFreshness(source) || undefinable.has(key)) && context.assets.has(key))
      context.emit({ type: "asset_observed", asset: key, metadata: idOf(source.unique_id) });
  return { outcome: "succeeded" };
}

function freshnessEvents(asset: string, freshness: DbtFreshness, wanted: ReadonlySet<string>): StepEvent[] {
  const { max_loaded_at: loadedAt, age, status } = freshness;
  const metadata: Metadata = {
    ...(loadedAt !== null && { max_loaded_at: { type: "timestamp", value: Date.parse(loadedAt) } }),
    ...(age !== null && { age_seconds: { type: "float", value: Math.round(age) } }),
    freshness: { type: "text", value: status },
    ...idOf(freshness.unique_id),
  };
  const observed: StepEvent = { type: "asset_observed", asset, metadata, ...(loadedAt !== null && { dataVersion: loadedAt }) };
  if (!wanted.has(`${asset}:${FRESHNESS}`)) return [observed];
  const description = `last filled ${loadedAt ?? "never"}${age === null ? "" : `, ${durationText(age)} before it was looked at`}`;
  const severity = status === "warn" ? "warn" : "error";
  return [observed, { type: "check_evaluated", asset, check: FRESHNESS, passed: status === "pass", severity, description, metadata }];
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

function durationText(seconds: number): string {
  const [unit, size] = UNITS.find((entry) => seconds >= 2 * entry[1]) ?? (["second", 1] as const);
  return `${Math.round(seconds / size)} ${unit}s`;
}

function hasFreshness({ freshness }: DbtManifestSource): boolean {
  return freshness?.warn_after?.count != null || freshness?.error_after?.count != null;
}

/** dbt's words for a source whose YAML does not say which column to look at, where the database does not know it either. */
const NO_FIELD = /no 'loaded_at_field' provided/;
/** Those that know themselves when a table was changed. */
const KNOWS_CHANGES: ReadonlySet<string> = new Set(["bigquery", "databricks", "redshift", "snowflake"]);

function unreadableWarnings(adapter: string, sources: ReadonlyMap<string, DbtManifestSource>): string[] {
  if (KNOWS_CHANGES.has(adapter)) return [];
  return [...sources].flatMap(([key, source]) =>
    hasFreshness(source) && !source.loaded_at_field && !source.loaded_at_query
      ? `The freshness of source ${key}${source.original_file_path ? ` (${source.original_file_path})` : ""} cannot be read: it has no loaded_at_field, and ${adapter} does not know when a table was filled. Its check "${FRESHNESS}" fails until loaded_at_field or loaded_at_query is set.`
      : [],
  );
}

function unreadCheck(asset: string, source: DbtManifestSource, said: string): StepEvent {
  return {
    type: "check_evaluated",
    asset,
    check: FRESHNESS,
    passed: false,
    severity: source.freshness?.error_after?.count == null ? "warn" : "error",
    description: reasonFirst(said).split("\n")[0] ?? "",
    metadata: idOf(source.unique_id),
  };
}

function selector(source: DbtManifestSource): string {
  return `source:${source.source_name}.${source.name}`;
}

function idOf(uniqueId: string): Metadata {
  return { dbt_unique_id: { type: "text", value: uniqueId } };
}
