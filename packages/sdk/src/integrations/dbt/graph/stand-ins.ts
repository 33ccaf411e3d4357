/**
 * dbt renders environment variables into its graph, and the graph is published. So the dbt that reads the project for publishing gets
 * other values for secret variables; where one of these stands in the graph, the secret would.
 */
import { secretVariables } from "@headgate/shared/domain/secret-variables.ts";
import type { DbtManifest } from "./dbt-manifest.ts";
import type { ProjectFiles } from "./fingerprint.ts";

/** Name of a variable -> what dbt gets instead of its value. */
export type StandIns = Readonly<Record<string, string>>;

export interface HiddenGraph {
  readonly manifest: DbtManifest;
  /** Variable -> where its value was replaced, e.g. `meta of model.shop.orders`. */
  readonly hidden: ReadonlyMap<string, readonly string[]>;
  /** Variable -> where it cannot be replaced, because dbt would not find the node again. */
  readonly names: ReadonlyMap<string, readonly string[]>;
}

const HIDDEN = "*****";
/** What people write about a node; everything else says which node it is. */
const WRITTEN: ReadonlySet<string> = new Set([
  "description",
  "source_description",
  "meta",
  "tags",
  "columns",
  "owner",
  "label",
  "maturity",
  "url",
  "loader",
  "loaded_at_field",
  "loaded_at_query",
]);

export function standInsFor(env: Readonly<Record<string, string>>, files: ProjectFiles): StandIns {
  const secrets = secretVariables(env).filter(({ name }) => files.computesEnvNames || files.envNames.includes(name));
  return Object.fromEntries(secrets.map(({ name }) => [name, `headgate_hides_${name}_here`]));
}

/** All variables that can make the graph another one: those that its files read, and those that dbt itself may read. No secret is one. */
export function variablesRead(files: ProjectFiles, env: Readonly<Record<string, string>>, standIns: StandIns): [string, string | null][] {
  const secrets = new Set(secretVariables(env).map(({ name }) => name));
  const own = Object.keys(env).filter((name) => name.startsWith("DBT_") && !secrets.has(name));
  const names = [...new Set([...files.envNames, ...own])].sort();
  return names.map((name) => [name, standIns[name] ?? env[name] ?? null]);
}

export function hideStandIns(manifest: DbtManifest, standIns: StandIns): HiddenGraph {
  const hidden = new Map<string, string[]>();
  const names = new Map<string, string[]>();
  // The names of tests are made of their arguments, in small letters for some.
  const patterns = Object.entries(standIns).map(([name, text]) => ({ name, pattern: new RegExp(text, "gi") }));
  const hide = (text: string): string => hideIn(text, standIns);
  const note = (found: Map<string, string[]>, name: string, place: string): void => {
    const places = found.get(name) ?? [];
    if (!places.includes(place)) found.set(name, [...places, place]);
  };
  const walk = (value: unknown, place: { readonly id: string; readonly field: string | null; readonly written: boolean }): unknown => {
    if (typeof value === "string") {
      const said = patterns.filter(({ pattern }) => value.search(pattern) >= 0);
      if (said.length === 0) return value;
      for (const { name } of said) note(place.written ? hidden : names, name, `${place.field ?? "name"} of ${hide(place.id)}`);
      return hide(value);
    }
    if (Array.isArray(value)) return value.map((entry) => walk(entry, place));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => {
        if (place.written) return [hide(name), walk(entry, place)];
        // What is in the configuration is like what stands beside it.
        return [name, walk(entry, { id: place.id, field: name === "config" ? place.field : name, written: WRITTEN.has(name) })];
      }),
    );
  };
  if (patterns.length === 0) return { manifest, hidden, names };
  const entries = <T>(kind: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(kind).map(([id, entry]) => [id, walk(entry, { id, field: null, written: false }) as T]));
  const { nodes, sources, exposures, unit_tests, groups, functions, metrics, semantic_models, saved_queries } = manifest;
  return {
    manifest: {
      ...manifest,
      nodes: entries(nodes),
      sources: entries(sources),
      exposures: entries(exposures),
      unit_tests: entries(unit_tests),
      groups: entries(groups),
      functions: entries(functions),
      metrics: entries(metrics),
      semantic_models: entries(semantic_models),
      saved_queries: entries(saved_queries),
    },
    hidden,
    names,
  };
}

export function hideIn(text: string, standIns: StandIns): string {
  return Object.values(standIns).reduce((shown, standIn) => shown.replaceAll(new RegExp(standIn, "gi"), HIDDEN), text);
}
