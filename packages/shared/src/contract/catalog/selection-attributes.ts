/**
 * Answers the attributes of a selection that only a deployment knows: `status:`, `column:`, `job:` and so on. Terminal and dashboard use it
 * with the definitions document and the states of the assets.
 */
import { assertNever } from "../../domain/assert.ts";
import type { AssetGraph } from "../../domain/asset-graph.ts";
import { STATUS_VALUES, type AutomationType } from "../../domain/selection/ast.ts";
import { evaluateSelection, type AttributeQuery, type SelectionContext } from "../../domain/selection/evaluate.ts";
import { parseSelection } from "../../domain/selection/parse.ts";
import type { AssetState } from "../assets/asset-views.ts";
import { staleCausesByState } from "../assets/stale-by-state.ts";
import type { DefinitionsDocument } from "./definitions.ts";

export type ListedState = Pick<
  AssetState,
  "health" | "materialized" | "observedAt" | "failed" | "inProgress" | "freshness" | "places" | "partitions"
>;

/** The graph is that of the assets of the document. External assets count, because a list of assets is not a launch. */
export function listedAssetsContext(
  document: Pick<DefinitionsDocument, "assets" | "jobs" | "schedules" | "sensors">,
  graph: AssetGraph,
  stateOf: (key: string) => ListedState | undefined,
): SelectionContext {
  const byKey = new Map(document.assets.map((asset) => [asset.key, asset]));
  const members = jobMembers(document, graph);
  /** Names of schedules and sensors are unique within a code location only. */
  const started = (automations: readonly { readonly name: string; readonly job?: string | undefined; readonly location: string }[]) => {
    return ({ asset, value }: Pick<AttributeQuery, "asset" | "value">) =>
      automations.some(
        ({ name, job, location }) => job !== undefined && (value === null || name === value) && members({ job, location }).has(asset),
      );
  };
  const [bySchedule, bySensor] = [started(document.schedules), started(document.sensors)];
  const automationTypes = (asset: string): readonly AutomationType[] => {
    const found: AutomationType[] = [];
    if (byKey.get(asset)?.automation !== undefined) found.push("condition");
    if (bySchedule({ asset, value: null })) found.push("schedule");
    if (bySensor({ asset, value: null })) found.push("sensor");
    return found.length > 0 ? found : ["none"];
  };
  let causesOf: ReturnType<typeof staleCausesByState> | null = null;
  const isStale = (asset: string): boolean => {
    const codeVersionOf = (key: string) => byKey.get(key)?.codeVersion ?? null;
    causesOf ??= staleCausesByState(graph, { stateOf, codeVersionOf });
    return causesOf(asset).length > 0;
  };
  return {
    includeExternal: true,
    attributes: {
      status: ({ asset, value }) =>
        hasStatus({ unit: byKey.get(asset)?.unit ?? null, state: stateOf(asset), isStale: () => isStale(asset) }, value),
      column: ({ asset, value }) => byKey.get(asset)?.columns?.some((column) => column.name === value) ?? false,
      column_tag: ({ asset, value, tagValue }) =>
        byKey.get(asset)?.columns?.some(({ tags = {} }) => value !== null && Object.hasOwn(tags, value) && tags[value] === tagValue) ??
        false,
      table_name: ({ asset, value }) => value !== null && byKey.get(asset)?.relation === value,
      automation_type: ({ asset, value }) => automationTypes(asset).some((type) => type === value),
      job: ({ asset, value }) =>
        document.jobs.some((job) => job.name === value && members({ job: job.name, location: job.location }).has(asset)),
      schedule: ({ asset, value }) => value !== null && bySchedule({ asset, value }),
      sensor: ({ asset, value }) => value !== null && bySensor({ asset, value }),
    },
  };
}

/** The assets of a job, which selects within its own code location. Found out once for each. */
function jobMembers({ jobs }: Pick<DefinitionsDocument, "jobs">, graph: AssetGraph) {
  const known = new Map<string, ReadonlySet<string>>();
  return (wanted: { readonly job: string; readonly location: string }): ReadonlySet<string> => {
    const id = JSON.stringify([wanted.location, wanted.job]);
    const before = known.get(id);
    if (before) return before;
    const job = jobs.find(({ name, location }) => name === wanted.job && location === wanted.location);
    const selection = job ? parseSelection(job.selection) : null;
    const keys = selection?.ok ? evaluateSelection(selection.value, graph) : null;
    const found = new Set(keys?.ok ? keys.value.filter((key) => graph.assets[graph.indexOf(key)]?.location === wanted.location) : []);
    known.set(id, found);
    return found;
  };
}

interface Judged {
  readonly unit: string | null;
  readonly state: ListedState | undefined;
  /** The states of other assets decide it. */
  readonly isStale: () => boolean;
}

/** `failed` also means a failed check, as the word beside the asset does. */
function hasStatus({ unit, state, isStale }: Judged, value: string | null): boolean {
  const wanted = STATUS_VALUES.find((status) => status === value?.toLowerCase());
  switch (wanted) {
    case undefined:
      return false;
    case "stale":
      return isStale();
    case "external":
      return unit === null;
    case "never":
      return unit !== null && !state?.materialized && !state?.failed && state?.observedAt === undefined;
    case "materialized":
      return Boolean(state?.materialized);
    case "running":
    case "queued":
      return state?.inProgress?.status === wanted;
    case "overdue":
      return state?.freshness?.state === "overdue";
    case "healthy":
    case "failed":
    case "warning":
      return state?.health === wanted;
    default:
      return assertNever(wanted);
  }
}
