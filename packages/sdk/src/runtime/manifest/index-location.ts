/** Indexes a code location: builds the draft of its manifest, or reports everything that is wrong with it. */
import { canonicalJson } from "@headgate/shared/domain/json.ts";
import { MANIFEST_MAX_BYTES, MANIFEST_VERSION, manifestSchema, type LoadError, type Manifest } from "@headgate/shared/manifest/schema.ts";
import { manifestOnWire } from "@headgate/shared/manifest/wire.ts";
import type { IndexResult, LocationRuntime, ManifestDraft } from "@headgate/shared/protocol/worker.ts";
import type { CodeLocation } from "../../code-location.ts";
import type { DefinitionSite } from "../../options/definition-site.ts";
import { deprecations } from "../../options/deprecated.ts";
import { SDK_VERSION } from "../../version.ts";
import { describeJobs, describeSchedules } from "./check-automation.ts";
import { describeSensors } from "./check-sensors.ts";
import { findAssetCycle, findUnitCycle } from "./check-graph.ts";
import { collectAssets } from "./collect-assets.ts";
import { collectResources } from "./collect-resources.ts";
import { linkTables } from "./link-tables.ts";
import { sharedKeys } from "./shared-keys.ts";
import { flattenDefinitions } from "../flatten.ts";
import { collectProblems, type Problems } from "./problems.ts";
import { reportWrongReferences } from "./wrong-references.ts";
import { collectUnits, type CollectedUnits } from "./collect-units.ts";

type IndexOptions = Parameters<LocationRuntime["index"]>[0] & {
  /** For a location that does not name itself. */
  readonly name?: string | undefined;
};

export async function indexLocation(location: CodeLocation, options: IndexOptions): Promise<IndexResult> {
  const { name: givenName, ...folders } = options;
  const problems = collectProblems(folders.root);
  const definition = location["~definition"];
  const definitions = flattenDefinitions(location);
  const name = checkName(location.name ?? givenName, definition.site, problems);
  for (const { place, what } of definitions.strangers) {
    problems.add(definition.site, `${place} of code location "${name}" is ${what}, not a definition that belongs there.`);
  }
  const errorsBefore = problems.errors.length;
  reportWrongReferences(definitions, problems);
  // The rest follows these references.
  if (problems.errors.length > errorsBefore) return { draft: null, folders: [], errors: problems.errors };
  const units = await collectUnits(definitions, { ...folders, location, problems });
  const complete = problems.errors.length === errorsBefore;
  const collected = collectAssets(definitions, units, problems);
  const checks = [...collected.checks, ...units.checks];
  const watched = new Set(checks.map((check) => check.asset));
  const assets = { ...collected, assets: linkTables(collected.assets, watched) };
  checkGraph(assets.assets, [...assets.units, ...units.units], problems);
  const resources = collectResources({ location, definitions, usage: [...assets.usage, ...units.usage], problems });
  const needs = definitions.resources.flatMap((resource) => resource["~definition"].needs?.(folders) ?? []);
  problems.addErrors(needs.flatMap(({ errors }) => errors));
  const jobs = describeJobs(definitions.jobs, assets.assets, { location: name, problems, complete });
  const jobNames = new Set(jobs.map((job) => job.name));
  const draft: ManifestDraft = {
    schema: MANIFEST_VERSION,
    location: name,
    sdk: { version: SDK_VERSION },
    env: [...new Set([...(definition.env ?? []), ...resources.env, ...units.env])].sort(),
    resources: resources.list,
    pools: { ...definition.pools },
    assets: assets.assets,
    units: [...assets.units, ...units.units],
    checks,
    jobs,
    schedules: describeSchedules(definitions.schedules, jobNames, problems),
    sensors: describeSensors(definitions.sensors, { jobs: jobNames, assets: assets.assets, checks }, problems),
  };
  return finish(draft, {
    folders: [...units.folders, ...needs.flatMap((need) => need.folders)],
    warnings: [...new Set([...units.warnings, ...sharedKeys(units.assets), ...needs.flatMap((need) => need.warnings)])],
    problems,
    site: definition.site,
  });
}

function checkName(name: unknown, site: DefinitionSite | undefined, problems: Problems): string {
  if (typeof name === "string" && manifestSchema.shape.location.safeParse(name).success) return name;
  const what = name === undefined ? "The code location has no name" : `The code location's name ${JSON.stringify(name)} is not allowed`;
  problems.add(
    site,
    `${what}: use 1 to 100 letters, digits, '_' and '-'.`,
    "Name it in headgate.config.ts; defineCodeLocation needs no name then.",
  );
  return String(name);
}

function checkGraph(assets: Manifest["assets"], units: Manifest["units"], problems: Problems): void {
  const siteOf = (key: string | undefined) => assets.find((asset) => asset.key === key)?.source;
  const cycle = findAssetCycle(assets);
  if (cycle) {
    problems.add(siteOf(cycle[0]), `Assets depend on each other in a cycle: ${cycle.join(" -> ")}. Remove one of these dependencies.`);
    return;
  }
  const divisible = new Set(units.filter((unit) => unit.subset).map((unit) => unit.id));
  const unitCycle = findUnitCycle(assets, divisible);
  if (unitCycle)
    problems.add(
      siteOf(unitCycle[0]),
      `Multi-assets and assets wait for each other: ${unitCycle.join(" -> ")}. Set 'subset: true' on the multi-asset or split it.`,
    );
}

const draftSchema = manifestSchema.omit({ files: true, entry: true, git: true, runtime: true });

interface Finish extends Pick<CollectedUnits, "folders" | "warnings"> {
  readonly problems: Problems;
  /** Where the code location is defined. */
  readonly site: DefinitionSite | undefined;
}

function finish(draft: ManifestDraft, { folders, warnings, problems, site }: Finish): IndexResult {
  // The definitions were checked one by one; the control plane will apply this schema to the whole.
  const parsed = draftSchema.safeParse(draft);
  if (!parsed.success && problems.errors.length === 0) {
    for (const issue of parsed.error.issues.slice(0, 50)) problems.add(site, `${nameOf(draft, issue.path)}: ${issue.message}`);
  }
  const errors: readonly LoadError[] = problems.errors;
  if (errors.length > 0 || !parsed.success) return { draft: null, folders: [], errors };
  const size = Buffer.byteLength(canonicalJson(manifestOnWire(parsed.data)));
  if (size > MANIFEST_MAX_BYTES) {
    problems.add(
      site,
      `The code location is too large: its manifest has ${size} bytes, ${MANIFEST_MAX_BYTES} are allowed. Shorten descriptions and metadata, or split the location.`,
    );
    return { draft: null, folders: [], errors: problems.errors };
  }
  const all = [...warnings, ...oldForms(problems)];
  return { draft: parsed.data, folders, errors: [], ...(all.length > 0 && { warnings: all }) };
}

function oldForms(problems: Problems): string[] {
  return deprecations().map(({ site, message }) => {
    const place = problems.place(site);
    return place ? `${place.file}:${place.line}: ${message}` : message;
  });
}

/** Names the entry instead of its index: `asset "a/b", tags.x` instead of `assets.3.tags.x`. */
function nameOf(draft: ManifestDraft, path: readonly PropertyKey[]): string {
  const [list, index, ...rest] = path;
  if (typeof list !== "string" || typeof index !== "number") return path.map(String).join(".");
  const entries: unknown = Object.entries(draft).find(([key]) => key === list)?.[1];
  const entry: unknown = Array.isArray(entries) ? entries[index] : undefined;
  const name =
    typeof entry === "object" && entry !== null
      ? Object.entries(entry).find(([key]) => key === "key" || key === "name" || key === "id")?.[1]
      : index;
  return `${list.replace(/s$/, "")} "${String(name)}"${rest.length > 0 ? `, ${rest.map(String).join(".")}` : ""}`;
}
