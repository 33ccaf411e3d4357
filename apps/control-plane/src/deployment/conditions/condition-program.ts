/** The automation conditions of the active definitions, prepared for evaluation on first use and cached as long as the catalog. */
import { checkId, parseCheckId } from "@headgate/shared/domain/asset-check.ts";
import type { Condition } from "@headgate/shared/domain/automation/condition.ts";
import { type AutomationProgram, prepareAutomation } from "@headgate/shared/domain/automation/program.ts";
import { type DefaultStatus, type LocationSwitch, type OffReason, whyOff } from "@headgate/shared/domain/automation/starts-on.ts";
import { textHash } from "@headgate/shared/domain/text-hash.ts";
import { type Catalog, catalogOf, switchOf } from "../catalog/catalog.ts";
import { conditionsOfVersion } from "./condition-fact-store.ts";
import type { Database } from "../kernel/database.ts";
import { codeVersion } from "../catalog/definition-details.ts";

export interface ConditionProgram {
  readonly program: AutomationProgram;
  /** Identifies a condition together with its target's definition. If it changes, the condition must be evaluated. */
  definitionOf(target: string): string;
  /** Why the condition of a target is off; null: it is on. A pause does not count. */
  offReason(target: string, location: LocationSwitch): OffReason | null;
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
  const statuses = new Map<string, DefaultStatus>();
  // Thousands of assets share a few conditions, so each text is parsed and hashed once.
  const read = new Map<string, { readonly condition: Condition; readonly hash: string }>();
  const open = (text: string) => {
    const entry = read.get(text) ?? { condition: JSON.parse(text) as Condition, hash: textHash(text) };
    read.set(text, entry);
    return entry;
  };
  for (const version of catalog.versions) {
    for (const { key, condition: text, codeVersion: own, status } of conditionsOfVersion(db, version.no)) {
      const { condition, hash } = open(text);
      conditions.set(key, condition);
      const { deps, partitions } = catalog.graph.assets[catalog.graph.indexOf(key)] ?? {};
      // A publish changes one thing about upstream assets without an event: their code version.
      const above = text.includes("code_version_changed") ? (deps ?? []).map((dep) => codeVersion(db, catalog, dep.key)) : [];
      // Conditions of older releases have no status, and the upgrade must not look like a change.
      const said = [own, deps, partitions, above, ...(status === null ? [] : [status])];
      identities.set(key, `${hash}.${textHash(JSON.stringify(said))}`);
      if (status !== null) statuses.set(key, status);
    }
  }
  for (const check of catalog.checks) {
    if (check.automation === undefined) continue;
    const { condition, hash } = open(JSON.stringify(check.automation));
    conditions.set(checkId(check), condition);
    const { automationStatus: status } = check;
    identities.set(checkId(check), status === undefined ? hash : `${hash}.${status}`);
    if (status !== undefined) statuses.set(checkId(check), status);
  }
  const { program, problems } = prepareUsable(catalog, new Map(conditions));
  const offReason = (target: string, location: LocationSwitch) => whyOff({ defaultStatus: statuses.get(target), location, choice: null });
  return { program, problems, conditions, offReason, definitionOf: (target) => identities.get(target) ?? "" };
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

/** Why the condition of a target is off now; null: it is on. A pause does not count. */
export function conditionOff(source: { readonly db: Database }, target: string): OffReason | null {
  const catalog = catalogOf(source);
  return conditionProgram(source.db, catalog).offReason(target, switchOf(source, locationOfTarget(catalog, target)));
}

export function locationOfTarget(catalog: Catalog, target: string): string {
  const check = parseCheckId(target);
  const asset = check?.asset ?? target;
  const own = check && catalog.checksByAsset.get(asset)?.find((candidate) => candidate.name === check.name);
  return own?.location ?? catalog.graph.assets[catalog.graph.indexOf(asset)]?.location ?? "";
}
