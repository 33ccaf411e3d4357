/** Search results of the palette: assets, jobs, runs, places and actions. Pure, and fast enough for every key press. */
import type { AutomationRef, AutomationView } from "@headgate/shared/contract/automations/automation-views.ts";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import type { Definitions } from "#lib/deployment/definitions.ts";
import { shortRunId } from "@headgate/shared/ids.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { runTitle } from "@headgate/shared/format/run.ts";
import type { LaunchRequest } from "#lib/launch/launcher.svelte.ts";
import { agentsPath, assetPath, automationPath, jobsPath, runPath, type DeploymentRef } from "#lib/paths.ts";
import { roleIncludes } from "@headgate/shared/domain/access/role.ts";
import { PLACES, placePath } from "#lib/places.ts";

export type PaletteAction =
  | { readonly type: "open"; readonly href: string }
  | { readonly type: "launch"; readonly request: LaunchRequest }
  | { readonly type: "backfill"; readonly assetKey: string }
  | { readonly type: "toggle"; readonly automation: AutomationRef; readonly enabled: boolean }
  | { readonly type: "theme" }
  | { readonly type: "zone" };
export interface PaletteItem {
  readonly id: string;
  readonly label: string;
  readonly kind: "Action" | "Asset" | "Job" | "Schedule" | "Sensor" | "Run" | "Page" | "Setting";
  readonly detail?: string | undefined;
  readonly action: PaletteAction;
}
export interface PaletteSource {
  readonly ref: DeploymentRef;
  /** Actions beyond this role are not offered. */
  readonly role: Role;
  readonly definitions: Definitions;
  readonly runs: readonly RunSummary[];
  /** Empty until they are loaded. */
  readonly automations: readonly AutomationView[];
}

const LIMIT = 30;
const PER_KIND = 12;
const VERBS = ["materialize", "run", "launch"];
const AUTOMATION_VERBS = ["turn", "test", "dry", "enable", "disable", "stop"];
const BACKFILL = "backfill";

export function findPaletteItems(text: string, source: PaletteSource): PaletteItem[] {
  const words = text.trim().toLowerCase().replaceAll(".", "/").split(/\s+/).filter(Boolean);
  const [first = "", ...rest] = words;
  const means = (verb: string) => first.length >= 3 && verb.startsWith(first);
  const mayLaunch = roleIncludes(source.role, "launcher");
  const isVerb = mayLaunch && VERBS.some(means);
  const automating =
    mayLaunch && AUTOMATION_VERBS.some(means) ? rest.filter((word) => !["on", "off", "schedule", "sensor"].includes(word)) : null;
  const acting = [
    ...(isVerb ? actionItems(rest, source) : []),
    ...(mayLaunch && means(BACKFILL) ? backfillItems(rest, source) : []),
    ...(automating
      ? best(source.automations, automating, { by: (view) => view.name, limit: 6 }).flatMap((view) => automationActions(source, view))
      : []),
  ];
  const pages = PLACES.map((place): PaletteItem => ({
    id: `page:${place.id}`,
    label: place.label,
    kind: "Page",
    action: { type: "open", href: placePath(source.ref, place) },
  }));
  const settings: PaletteItem[] = [
    { id: "theme", label: "Switch theme", kind: "Setting", action: { type: "theme" } },
    { id: "zone", label: "Switch time zone", kind: "Setting", action: { type: "zone" } },
    { id: "tokens", label: "Agent tokens", kind: "Setting", action: { type: "open", href: `${agentsPath(source.ref)}#tokens` } },
  ];
  if (words.length === 0) return [...pages, ...settings];
  return [
    ...acting,
    ...best(source.definitions.document.assets, words, { by: (asset) => asset.key, limit: PER_KIND }).map((asset) =>
      assetItem(source, asset.key, asset.group),
    ),
    ...best(source.definitions.document.jobs, words, { by: (job) => job.name, limit: PER_KIND }).map((job) =>
      jobItem(source, job.name, job.assetCount),
    ),
    ...best(automationRefs(source), words, { by: (ref) => ref.name, limit: PER_KIND }).map((ref) => automationItem(source, ref)),
    ...best(source.runs, words, { by: (run) => `${run.id} ${runTitle(run).toLowerCase()}`, limit: 5 }).map((run) => runItem(source, run)),
    ...best([...pages, ...settings], words, { by: (item) => item.label.toLowerCase(), limit: PER_KIND }),
    ...(acting.length > 0 || !mayLaunch ? [] : suggestedActions(words, source)),
  ].slice(0, LIMIT);
}

function automationRefs({ definitions }: PaletteSource): AutomationRef[] {
  const { schedules, sensors } = definitions.document;
  return [
    ...schedules.map(({ location, name }) => ({ location, kind: "schedule" as const, name })),
    ...sensors.map(({ location, name }) => ({ location, kind: "sensor" as const, name })),
  ];
}

function automationItem(source: PaletteSource, { location, kind, name }: AutomationRef): PaletteItem {
  return {
    id: `${kind}:${location}:${name}`,
    label: name,
    kind: kind === "schedule" ? "Schedule" : "Sensor",
    detail: location,
    action: { type: "open", href: automationPath(source.ref, { location, kind, name }) },
  };
}

function automationActions(source: PaletteSource, view: AutomationView): PaletteItem[] {
  const { location, kind, name, enabled } = view;
  const automation = { location, kind, name };
  const toggle: PaletteItem = {
    id: `toggle:${kind}:${location}:${name}`,
    label: `Turn ${kind} ${name} ${enabled ? "off" : "on"}`,
    kind: "Action",
    action: { type: "toggle", automation, enabled: !enabled },
  };
  const test: PaletteItem = {
    id: `test:${kind}:${location}:${name}`,
    label: `Dry run ${name}`,
    kind: "Action",
    action: { type: "open", href: automationPath(source.ref, automation, "test") },
  };
  return roleIncludes(source.role, "editor") ? [toggle, test] : [test];
}

function backfillItems(words: readonly string[], source: PaletteSource): PaletteItem[] {
  const partitioned = source.definitions.document.assets.filter((asset) => asset.unit !== null && asset.partitions !== undefined);
  return best(partitioned, words, { by: (asset) => asset.key, limit: 8 }).map((asset) => ({
    id: `backfill:${asset.key}`,
    label: `Backfill ${asset.key}`,
    kind: "Action",
    action: { type: "backfill", assetKey: asset.key },
  }));
}

export function runItem(source: Pick<PaletteSource, "ref">, run: RunSummary): PaletteItem {
  return {
    id: `run:${run.id}`,
    label: `${runTitle(run)} · ${shortRunId(run.id)}`,
    kind: "Run",
    detail: run.status,
    action: { type: "open", href: runPath(source.ref, run.id) },
  };
}

function assetItem(source: PaletteSource, key: string, group: string): PaletteItem {
  return { id: `asset:${key}`, label: key, kind: "Asset", detail: group, action: { type: "open", href: assetPath(source.ref, key) } };
}

function jobItem(source: PaletteSource, name: string, assets: number): PaletteItem {
  return {
    id: `job:${name}`,
    label: name,
    kind: "Job",
    detail: plural(assets, "asset"),
    action: { type: "open", href: jobsPath(source.ref, { q: name }) },
  };
}

function actionItems(words: readonly string[], source: PaletteSource): PaletteItem[] {
  const assets = source.definitions.document.assets.filter((asset) => asset.unit !== null);
  return [
    ...best(assets, words, { by: (asset) => asset.key, limit: 8 }).map((asset) => materializeItem(asset.key)),
    ...best(source.definitions.document.jobs, words, { by: (job) => job.name, limit: 4 }).map((job): PaletteItem => ({
      id: `launch:${job.location}:${job.name}`,
      label: `Run job ${job.name}`,
      kind: "Action",
      action: { type: "launch", request: { job: { name: job.name, location: job.location } } },
    })),
  ];
}

/** Offers to materialize the assets that match the text. */
function suggestedActions(words: readonly string[], source: PaletteSource): PaletteItem[] {
  const assets = source.definitions.document.assets.filter((asset) => asset.unit !== null);
  return best(assets, words, { by: (asset) => asset.key, limit: 3 }).map((asset) => materializeItem(asset.key));
}

function materializeItem(key: string): PaletteItem {
  return {
    id: `materialize:${key}`,
    label: `Materialize ${key}`,
    kind: "Action",
    action: { type: "launch", request: { selection: `key:"${key}"` } },
  };
}

/** Entries that contain every word. Matches at the start of a segment rank first, then shorter entries. */
function best<T>(
  entries: readonly T[],
  words: readonly string[],
  options: { readonly by: (entry: T) => string; readonly limit: number },
): T[] {
  const scored: { entry: T; score: number }[] = [];
  for (const entry of entries) {
    const text = options.by(entry).toLowerCase();
    let score = text.length / 1000;
    let all = true;
    for (const word of words) {
      const at = text.indexOf(word);
      if (at < 0) {
        all = false;
        break;
      }
      score += at === 0 ? 0 : isBoundary(text.charCodeAt(at - 1)) ? 1 : 2;
      if (text.length === at + word.length && (at === 0 || isBoundary(text.charCodeAt(at - 1)))) score -= 0.5;
    }
    if (all) scored.push({ entry, score });
  }
  return scored
    .sort((a, b) => a.score - b.score)
    .slice(0, options.limit)
    .map(({ entry }) => entry);
}

function isBoundary(code: number): boolean {
  // Space, "-", ".", "/", "_".
  return code === 32 || code === 45 || code === 46 || code === 47 || code === 95;
}
