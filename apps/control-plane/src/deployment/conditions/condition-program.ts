/** The automation conditions of the active definitions, prepared for evaluation on first use and cached as long as the catalog. */
import { checkId, parseCheckId } from "@headgate/shared/domain/asset-check.ts";
import type { Condition } from "@headgate/shared/domain/automation/condition.ts";
import { type AutomationProgram, prepareAutomation } from "@headgate/shared/domain/automation/program.ts";
import { textHash } from "@headgate/shared/domain/text-hash.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { conditionsOfVersion } from "./condition-fact-store.ts";
import type { Database } from "../kernel/database.ts";
import { codeVersion } from "../catalog/definition-details.ts";

export interface ConditionProgram {
  readonly program: AutomationProgram;
  /** Identifies a condition together with its target's definition. If it changes, the condition must be evaluated. */
  definitionOf(target: string): string;
  /** All defined conditions, including unusable ones. */
  readonly conditions: ReadonlyMap<string, Condition>;
  /** Unusable conditions, with the reason. */
  readonly problems: ReadonlyMap<string, string>;
}

const programs = new WeakMap<Catalog, ConditionProgram>();

export function conditionProgram(db: Database, catalog: Catalog): ConditionProgram {
  const known = programs.get(catalog);
  if (known) return known;
  const made = makeProgram(db, catalog);
  programs.set(catalog, made);
  return made;
}

function makeProgram(db: Database, catalog: Catalog): ConditionProgram {
  const conditions = new Map<string, Condition>();
  const identities = new Map<string, string>();
  // Thousands of assets share a few conditions, so each text is parsed and hashed once.
  const read = new Map<string, { readonly condition: Condition; readonly hash: string }>();
  const open = (text: string) => {
    const entry = read.get(text) ?? { condition: JSON.parse(text) as Condition, hash: textHash(text) };
    read.set(text, entry);
    return entry;
  };
  for (const version of catalog.versions) {
    for (const { key, condition: text, codeVersion: own } of conditionsOfVersion(db, version.no)) {
      const { condition, hash } = open(text);
      conditions.set(key, condition);
      const { deps, partitions } = catalog.graph.assets[catalog.graph.indexOf(key)] ?? {};
      // A publish changes one thing about upstream assets without an event: their code version.
      const above = text.includes("code_version_changed") ? (deps ?? []).map((dep) => codeVersion(db, catalog, dep.key)) : [];
      identities.set(key, `${hash}.${textHash(JSON.stringify([own, deps, partitions, above]))}`);
    }
  }
  for (const check of catalog.checks) {
    if (check.automation === undefined) continue;
    const { condition, hash } = open(JSON.stringify(check.automation));
    conditions.set(checkId(check), condition);
    identities.set(checkId(check), hash);
  }
  const { program, problems } = prepareUsable(catalog, new Map(conditions));
  return { program, problems, conditions, definitionOf: (target) => identities.get(target) ?? "" };
}

/** Drops conditions that cannot be prepared, so that the others still work. */
function prepareUsable(catalog: Catalog, conditions: Map<string, Condition>) {
  const problems = new Map<string, string>();
  for (;;) {
    const prepared = prepareAutomation({ graph: catalog.graph, conditions, checks: catalog.checks, together: togetherIn(catalog) });
    if (prepared.ok) return { program: prepared.value, problems };
    const target = prepared.error.details?.["target"];
    if (typeof target !== "string" || !conditions.delete(target)) throw new Error(prepared.error.message);
    problems.set(target, prepared.error.message);
  }
}

/** The assets and checks of each unit that cannot be split. */
function togetherIn(catalog: Catalog): string[][] {
  return catalog.units
    .filter((unit) => !unit.subset)
    .flatMap((unit) => (unit.assets.length + unit.checks.length > 1 ? [[...unit.assets, ...unit.checks]] : []));
}

export function locationOfTarget(catalog: Catalog, target: string): string {
  const check = parseCheckId(target);
  const asset = check?.asset ?? target;
  const own = check && catalog.checksByAsset.get(asset)?.find((candidate) => candidate.name === check.name);
  return own?.location ?? catalog.graph.assets[catalog.graph.indexOf(asset)]?.location ?? "";
}
