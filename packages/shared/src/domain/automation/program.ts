/**
 * All conditions of a deployment and what each looks at. Made once for a set of definitions: selections and crons in conditions are
 * read (and refused) here, and the reverse index says whose condition has to be looked at again when an asset changes.
 */
import { checkId, parseCheckId } from "../asset-check.ts";
import type { AssetGraph } from "../asset-graph.ts";
import type { CronInZone } from "../cron/next.ts";
import { parseCron } from "../cron/parse.ts";
import { findZone } from "../cron/zone.ts";
import { ok, refuse, unwrap, type Result } from "../errors.ts";
import type { PartitionMapping } from "../partitions/definition.ts";
import { evaluateSelection } from "../selection/evaluate.ts";
import { parseSelection } from "../selection/parse.ts";
import { childrenOf, type Condition, type Neighbours } from "./condition.ts";
import { conditionText } from "./describe.ts";
import type { Target } from "./facts.ts";

export interface AutomationCheck {
  readonly asset: string;
  readonly name: string;
  readonly blocking: boolean;
}

export interface AutomationDefinitions {
  readonly graph: AssetGraph;
  readonly conditions: ReadonlyMap<Target, Condition>;
  readonly checks?: readonly AutomationCheck[] | undefined;
  /** Assets and checks that cannot be executed without each other: a multi-asset that may not be subset. */
  readonly together?: readonly (readonly Target[])[] | undefined;
}

export interface AutomationProgram {
  readonly graph: AssetGraph;
  readonly conditions: ReadonlyMap<Target, Condition>;
  checksOf(asset: string): readonly AutomationCheck[];
  dependenciesOf(asset: string): readonly string[];
  /** The mapping that the code location declares for a dependency. */
  mappingOf(downstream: string, upstream: string): PartitionMapping | undefined;
  selected(text: string): ReadonlySet<string>;
  cron(condition: { readonly cron: string; readonly timezone: string }): CronInZone;
  togetherWith(target: Target): readonly Target[];
  /** Targets whose condition looks at this one. */
  readersOf(target: Target): readonly Target[];
  /** Conditions are evaluated in this order, so that whatever looks upstream finds it decided. */
  levelOf(target: Target): number;
}

/** An asset with ten thousand dependencies and a condition of twenty parts is far below. */
const MAX_VISITS = 200_000;

export function assetOf(target: Target): string {
  return parseCheckId(target)?.asset ?? target;
}

export function prepareAutomation({ graph, conditions, checks = [], together = [] }: AutomationDefinitions): Result<AutomationProgram> {
  const selections = new Map<string, ReadonlySet<string>>();
  const crons = new Map<string, CronInZone>();
  const known = new WeakSet<Condition>();
  for (const [target, condition] of conditions) {
    const read = readTexts(condition, { graph, selections, crons, known });
    if (!read.ok) return refuse(read.error.code, `The automation condition of ${target}: ${read.error.message}`, { target });
  }
  const checksByAsset = Map.groupBy(checks, (check) => check.asset);
  const mappings = new Map<string, ReadonlyMap<string, PartitionMapping>>();
  const mappingsOf = (asset: string) => {
    const known = mappings.get(asset);
    if (known) return known;
    const made = new Map<string, PartitionMapping>();
    for (const { key, mapping } of graph.assets[graph.indexOf(asset)]?.deps ?? []) if (mapping && !made.has(key)) made.set(key, mapping);
    mappings.set(asset, made);
    return made;
  };
  const groups = new Map<Target, readonly Target[]>(together.flatMap((group) => group.map((target) => [target, group] as const)));
  const program: AutomationProgram = {
    graph,
    conditions,
    checksOf: (asset) => checksByAsset.get(asset) ?? [],
    dependenciesOf(asset) {
      const node = graph.indexOf(asset);
      return node === -1 ? [] : [...graph.upstreamOf(node)].map((upstream) => graph.keys[upstream] ?? "");
    },
    mappingOf: (downstream, upstream) => mappingsOf(downstream).get(upstream),
    selected: (text) => selections.get(text) ?? new Set(),
    cron: ({ cron, timezone }) => crons.get(cronId(cron, timezone)) ?? unwrap(refuse("internal", `Cron ${cron} was not prepared.`)),
    togetherWith: (target) => groups.get(target) ?? [],
    readersOf: (target) => readers.get(target) ?? [],
    levelOf: (target) => 2 * (graph.levels()[graph.indexOf(assetOf(target))] ?? 0) + (assetOf(target) === target ? 0 : 1),
  };
  const readers = new Map<Target, Target[]>();
  for (const [target, condition] of conditions) {
    const found = new Set([target]);
    if (!collectReads(program, condition, { target, path: [], found, visits: { left: MAX_VISITS } })) {
      return refuse(
        "too_large",
        `The automation condition of ${target} looks at more than ${MAX_VISITS} places: operators that look at neighbours are nested too deep. Nest fewer of them.`,
        { target },
      );
    }
    for (const read of found) {
      const list = readers.get(read);
      if (list) list.push(target);
      else readers.set(read, [target]);
    }
  }
  return ok(program);
}

/** The dependencies or checks that an operator is about, in the order of their names. */
export function neighboursOf(
  program: AutomationProgram,
  condition: Condition & { type: "deps_match" | "checks_match" },
  target: Target,
): readonly Target[] {
  if (condition.type === "deps_match") {
    const own = target === assetOf(target) ? program.dependenciesOf(target) : [assetOf(target)];
    return own.filter((key) => isAllowed(program, condition, key)).toSorted();
  }
  const checks = program.checksOf(target).filter((check) => check.blocking || condition.blockingOnly !== true);
  return checks
    .filter((check) => isAllowed(program, condition, check.asset))
    .map(checkId)
    .toSorted();
}

function isAllowed(program: AutomationProgram, { allow, ignore }: Neighbours, key: string): boolean {
  if (allow !== undefined && !program.selected(allow).has(key)) return false;
  return ignore === undefined || !program.selected(ignore).has(key);
}

/** The different conditions of the assets downstream, without what they themselves say of those below them. */
export function conditionsBelow(program: AutomationProgram, asset: string): Condition[] {
  const found = new Map<string, Condition>();
  const node = program.graph.indexOf(asset);
  for (const below of node === -1 ? [] : program.graph.downstream([node])) {
    const key = program.graph.keys[below] ?? "";
    const condition = key === asset ? undefined : program.conditions.get(key);
    const own = condition ? withoutDownstream(condition) : null;
    if (own) found.set(conditionText(own), own);
  }
  return [...found.values()];
}

/** The condition as if `any_downstream_conditions` were false in it; null when nothing is left. */
function withoutDownstream(condition: Condition): Condition | null {
  if (condition.type === "any_downstream_conditions") return null;
  if (condition.type !== "or" && condition.type !== "and") return condition;
  const parts = condition.of.map(withoutDownstream);
  const left = parts.filter((part) => part !== null);
  if (left.length < parts.length && condition.type === "and") return null;
  const [only] = left;
  return left.length < 2 ? (only ?? null) : { ...condition, of: left };
}

/**
 * Whom does a condition look at? Walks it as an evaluation will. Neighbours of neighbours of neighbours can be more than anybody can look
 * at, so the steps are counted; false: there were too many.
 */
function collectReads(program: AutomationProgram, condition: Condition, at: Walk): boolean {
  if (at.visits.left-- <= 0) return false;
  const below = (child: Condition, step: Partial<Walk> = {}) => collectReads(program, child, { ...at, ...step });
  const isRead = (target: Target, child: Condition) => {
    at.found.add(target);
    return below(child, { target });
  };
  switch (condition.type) {
    case "deps_match":
    case "checks_match":
      return neighboursOf(program, condition, at.target).every((next) => isRead(next, condition.of));
    case "asset_matches":
      return isRead(condition.key, condition.of);
    case "any_downstream_conditions":
      return conditionsBelow(program, at.target).every((child) => {
        const text = conditionText(child);
        return at.path.includes(text) || below(child, { path: [...at.path, text] });
      });
    default:
      return childrenOf(condition).every((child) => below(child));
  }
}

interface Walk {
  readonly target: Target;
  /** Conditions of assets downstream that are being looked at. */
  readonly path: readonly string[];
  readonly found: Set<Target>;
  readonly visits: { left: number };
}

interface Texts {
  readonly graph: AssetGraph;
  readonly selections: Map<string, ReadonlySet<string>>;
  readonly crons: Map<string, CronInZone>;
  /** Most assets share a few conditions. */
  readonly known: WeakSet<Condition>;
}

function readTexts(condition: Condition, texts: Texts): Result<null> {
  if (texts.known.has(condition)) return ok(null);
  texts.known.add(condition);
  if (condition.type === "deps_match" || condition.type === "checks_match") {
    for (const text of [condition.allow, condition.ignore]) {
      if (text === undefined || texts.selections.has(text)) continue;
      const selection = parseSelection(text);
      if (!selection.ok) return selection;
      const keys = evaluateSelection(selection.value, texts.graph, { includeExternal: true });
      if (!keys.ok) return keys;
      texts.selections.set(text, new Set(keys.value));
    }
  }
  if (condition.type === "cron_tick_passed") {
    const cron = parseCron(condition.cron);
    if (!cron.ok) return cron;
    const zone = findZone(condition.timezone);
    if (!zone.ok) return zone;
    texts.crons.set(cronId(condition.cron, condition.timezone), { cron: cron.value, zone: zone.value });
  }
  for (const child of childrenOf(condition)) {
    const read = readTexts(child, texts);
    if (!read.ok) return read;
  }
  return ok(null);
}

function cronId(cron: string, timezone: string): string {
  return `${timezone} ${cron}`;
}
