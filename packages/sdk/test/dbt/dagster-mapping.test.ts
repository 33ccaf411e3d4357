/** What differs between this mapping of dbt projects and dagster-dbt's, all of it; `mapping/record.ts` records what the latter makes of them. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mapAssets } from "../../src/dbt/asset-keys.ts";
import { dbtManifestSchema } from "../../src/dbt/dbt-manifest.ts";
import { describeProject } from "../../src/dbt/describe.ts";

interface Theirs {
  readonly assets: Readonly<
    Record<
      string,
      {
        readonly executable: boolean;
        readonly deps: readonly string[];
        readonly group: string;
        readonly owners: readonly string[];
        readonly tags: Readonly<Record<string, string>>;
        readonly kinds: readonly string[];
      }
    >
  >;
  readonly checks: Readonly<Record<string, { readonly blocking: boolean; readonly deps: readonly string[] }>>;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`mapping/${name}.json`, import.meta.url), "utf8"));
}

function compare(project: string, sourceTests: boolean): Record<string, unknown> {
  const theirs = read(`${project}.dagster${sourceTests ? "-sources" : ""}`) as Theirs;
  const manifest = dbtManifestSchema.parse(read(`${project}.graph`));
  const map = mapAssets({ manifest, selected: null }, () => undefined, { sourceTests });
  const described = describeProject({
    unit: "dbt:x",
    map,
    manifest,
    folders: [],
    env: [],
    retry: undefined,
    timeoutSeconds: undefined,
    pool: undefined,
    translate: () => ({}),
    partitions: () => undefined,
  });
  const ours = new Map(described.assets.map((asset) => [asset.key, asset]));
  const checks = new Map(described.checks.map((check) => [`${check.asset}:${check.name}`, check]));
  const different: Record<string, Record<string, unknown>> = {};
  const note = (what: string, where: string, value: unknown): void => {
    different[what] = { ...different[what], [where]: value };
  };
  for (const [key, asset] of ours) {
    const other = theirs.assets[key];
    if (!other) {
      note("only ours", key, asset.kinds);
      continue;
    }
    const deps = (asset.deps ?? []).map((dep) => dep.key).toSorted();
    if ((asset.unit !== null) !== other.executable) note("executable", key, asset.unit !== null);
    if (String(deps) !== String(other.deps)) note("deps", key, [deps, other.deps]);
    if (asset.group !== other.group) note("group", key, [asset.group, other.group]);
    if (String((asset.owners ?? []).toSorted()) !== String(other.owners)) note("owners", key, [asset.owners, other.owners]);
    if (JSON.stringify(sorted(asset.tags)) !== JSON.stringify(sorted(other.tags))) note("tags", key, [asset.tags, other.tags]);
    if (String((asset.kinds ?? []).toSorted()) !== String(other.kinds)) note("kinds", key, [asset.kinds, other.kinds]);
  }
  for (const key of Object.keys(theirs.assets)) if (!ours.has(key)) note("only theirs", key, true);
  for (const [id, check] of checks) {
    const other = theirs.checks[id];
    if (!other) note("check only ours", id, check.severity);
    else if (check.blocking !== other.blocking) note("blocking", id, [check.blocking, other.blocking]);
  }
  for (const id of Object.keys(theirs.checks)) if (!checks.has(id)) note("check only theirs", id, true);
  return different;
}

function sorted(record: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(record ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Groups are the schema here, and "default" there, for every node that has one. */
function withoutGroups({ group: _, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return rest;
}

test("special: every difference is intended", () => {
  expect(compare("special", false)).toMatchInlineSnapshot();
});

test("special with tests of sources as checks", () => {
  const { "check only ours": ours, "check only theirs": theirs, blocking } = compare("special", true);
  expect({ ours, theirs, blocking }).toMatchInlineSnapshot();
});

test("example: every difference is intended", () => {
  expect(compare("example", false)).toMatchInlineSnapshot();
});

test("generated: but for groups, tags and exposures all is the same", () => {
  const { "only ours": exposures, ...different } = withoutGroups(compare("generated", false));
  expect(different).toEqual({});
  expect(Object.keys(exposures ?? {})).toEqual(["dashboard/dashboard_0"]);
});
