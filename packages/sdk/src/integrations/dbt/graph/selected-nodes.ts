/** What `select`, `exclude` and `selector` of `dbtAssets` stand for, as dbt itself resolves them. */
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { homesOf, testsOf } from "../mapping/test-homes.ts";
import type { DbtManifest } from "./dbt-manifest.ts";

export type Listed = { readonly ok: true; readonly ids: readonly string[] } | { readonly ok: false; readonly errors: readonly LoadError[] };

/**
 * Null: everything, also what a default selector of the project leaves out. Tests come with the nodes they read; only those that
 * `exclude` names itself are left out, because a test of two models belongs to the one it is written at, whatever the other one is.
 */
export async function selectedNodes(input: {
  readonly manifest: DbtManifest;
  readonly select: string | undefined;
  readonly exclude: string | undefined;
  /** Name of a selector in selectors.yml, in the place of `select`. */
  readonly selector?: string | undefined;
  /** `dbt ls` with these arguments. */
  list(selection: readonly string[]): Promise<Listed>;
}): Promise<
  { readonly ok: true; readonly ids: ReadonlySet<string> | null } | { readonly ok: false; readonly errors: readonly LoadError[] }
> {
  const { manifest, select, exclude, selector, list } = input;
  if (select === undefined && exclude === undefined && selector === undefined) return { ok: true, ids: null };
  const wanted = [
    ...(select === undefined ? [] : ["--select", inOneLine(select)]),
    ...(selector === undefined ? [] : ["--selector", selector]),
  ];
  const included = wanted.length === 0 ? allNodes(manifest) : await list(["--indirect-selection", "eager", ...wanted]);
  if (!included.ok) return included;
  const excluded = exclude === undefined ? nothing : await list(["--indirect-selection", "empty", "--select", inOneLine(exclude)]);
  if (!excluded.ok) return excluded;
  const out = new Set(excluded.ids);
  const ids = new Set(included.ids.filter((id) => !out.has(id) && !isTestOf(manifest, id, out)));
  // dbt does not take a test along that reaches a selected model through an ephemeral one only.
  for (const test of testsOf(manifest)) {
    if (out.has(test.unique_id)) continue;
    if (homesOf(manifest, test).some((id) => id in manifest.nodes && ids.has(id))) ids.add(test.unique_id);
  }
  return { ok: true, ids };
}

/** dbt knows only spaces between the parts of a selection, and people write a long one in several lines. */
function inOneLine(selection: string): string {
  return selection.trim().replaceAll(/\s+/g, " ");
}

const nothing: Listed = { ok: true, ids: [] };

function allNodes(manifest: DbtManifest): Listed {
  const { nodes, sources, exposures, unit_tests, functions } = manifest;
  return { ok: true, ids: [nodes, sources, exposures, unit_tests, functions].flatMap((kind) => Object.keys(kind)) };
}

/** A test of a source is left out with its source. */
function isTestOf(manifest: DbtManifest, id: string, out: ReadonlySet<string>): boolean {
  const node = manifest.nodes[id];
  if (node?.resource_type !== "test") return false;
  const parents = node.depends_on?.nodes ?? [];
  return parents.length > 0 && parents.every((parent) => parent in manifest.sources && out.has(parent));
}
