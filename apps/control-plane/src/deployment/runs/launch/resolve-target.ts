/** Resolves a job or a selection to assets, a partition and a plan, or refuses it with the reason. */
import type { LaunchTarget } from "@headgate/shared/contract/runs/launch.ts";
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import { makePlan } from "@headgate/shared/domain/run/plan.ts";
import type { Plan } from "@headgate/shared/domain/run/plan-types.ts";
import { emptyClauses, evaluateSelection, refuseEmpty } from "@headgate/shared/domain/selection/evaluate.ts";
import type { SelectionContext } from "@headgate/shared/domain/selection/attributes.ts";
import { parseSelection } from "@headgate/shared/domain/selection/parse.ts";
import { printSelection } from "@headgate/shared/domain/selection/print.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { ManifestJob } from "@headgate/shared/manifest/schema.ts";
import { staleQuestion } from "../../assets/stale-assets.ts";
import { type Catalog, catalogOf, type Located } from "../../catalog/catalog.ts";
import type { Reader } from "../../kernel/reader.ts";
import { choosePartition, type ChosenPartition } from "./choose-partition.ts";

type At = Pick<Reader, "db" | "now">;

export interface ResolvedLaunch {
  readonly job: Located<ManifestJob> | null;
  readonly selection: string;
  /** Selected assets that this deployment can materialize. */
  readonly assets: readonly string[];
  readonly external: readonly string[];
  readonly partitioned: readonly string[];
  readonly partition: ChosenPartition | null;
  readonly plan: Plan;
}

export function resolveLaunch(at: At, target: LaunchTarget): Result<ResolvedLaunch> {
  const catalog = catalogOf(at);
  const job = target.job === undefined ? ok(null) : findJob(catalog, target.job, target.location);
  if (!job.ok) return job;
  const selection = job.value?.selection ?? target.selection ?? "";
  const selected = selectAssets(at, { selection, location: job.value?.location ?? null });
  if (!selected.ok) return selected;
  return planAssets(catalog, {
    ...selected.value,
    job: job.value,
    selection,
    partition: target.partition ?? null,
    checksOnly: target.checksOnly ?? false,
    now: at.now,
  });
}

/** The partitioned assets of a target. */
export function partitionedAssetsOf(catalog: Catalog, target: LaunchTarget): Result<readonly string[]> {
  const job = target.job === undefined ? ok(null) : findJob(catalog, target.job, target.location);
  if (!job.ok) return job;
  const selection = job.value?.selection ?? target.selection ?? "";
  const selected = selectFrom(catalog, { selection, location: job.value?.location ?? null });
  if (!selected.ok) return selected;
  return ok(selected.value.assets.filter((key) => catalog.graph.assets[catalog.graph.indexOf(key)]?.partitions !== undefined));
}

export interface PlanRequest {
  readonly job: Located<ManifestJob> | null;
  readonly selection: string;
  readonly assets: readonly string[];
  readonly external: readonly string[];
  readonly partition: string | null;
  /** The partition comes from a stored run, not from a request. */
  readonly isStored?: boolean | undefined;
  readonly checksOnly: boolean;
  /** Exactly these checks, instead of all checks of the assets. */
  readonly checks?: readonly string[] | undefined;
  readonly now: number;
}

export function planAssets(catalog: Catalog, request: PlanRequest): Result<ResolvedLaunch> {
  const { graph } = catalog;
  const partitioned = request.assets.filter((key) => graph.assets[graph.indexOf(key)]?.partitions !== undefined);
  const partition = choosePartition(catalog, {
    assets: partitioned,
    given: request.partition,
    isStored: request.isStored ?? false,
    now: request.now,
  });
  if (!partition.ok) return partition;
  const wanted = new Set(request.assets);
  const checks =
    request.checks ??
    (request.checksOnly
      ? catalog.checks.filter((check) => wanted.has(check.asset)).map((check) => `${check.asset}:${check.name}`)
      : undefined);
  if (request.checksOnly && checks?.length === 0)
    return refuse(
      "invalid_selection",
      `None of the ${request.assets.length} selected assets has a check. Select assets with checks, or materialize them.`,
    );
  const plan = makePlan({
    graph,
    units: catalog.units,
    checks: catalog.checks,
    selectedAssets: request.checksOnly ? [] : request.assets,
    ...(checks !== undefined && { selectedChecks: checks }),
    partition: partition.value?.key ?? null,
  });
  if (!plan.ok) return plan;
  return ok({
    job: request.job,
    selection: request.selection,
    assets: request.assets,
    external: request.external,
    partitioned,
    partition: partition.value,
    plan: plan.value,
  });
}

/** The most job names listed in a message. */
const MAX_NAMED_JOBS = 8;

function findJob(catalog: Catalog, name: string, location: string | undefined): Result<Located<ManifestJob>> {
  const found = catalog.jobs.filter((job) => job.name === name && (location === undefined || job.location === location));
  const [first, second] = found;
  if (first && second) {
    const locations = found.map((job) => job.location);
    return refuse("invalid_input", `Job "${name}" is defined in ${locations.join(" and ")}. Say which code location you mean.`, {
      job: name,
      locations,
    });
  }
  if (first) return ok(first);
  return noSuchJob(catalog, name, location);
}

function noSuchJob(catalog: Catalog, name: string, location: string | undefined): Result<never> {
  const elsewhere = catalog.jobs.filter((job) => job.name === name).map((job) => job.location);
  if (location !== undefined && elsewhere.length > 0) {
    return refuse("not_found", `Code location ${location} has no job "${name}"; it is defined in ${elsewhere.join(" and ")}.`, {
      job: name,
      locations: elsewhere,
    });
  }
  const names = new Set(catalog.jobs.map((job) => job.name));
  const nearest = nearestKeys(name, names, 3);
  const few = names.size > 0 && names.size <= MAX_NAMED_JOBS ? ` The jobs are ${[...names].sort().join(", ")}.` : "";
  const advice = nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : few;
  return refuse("not_found", `There is no job "${name}".${advice}`, { job: name, nearest });
}

/** A job's selection applies to its own code location only. */
export function selectAssets(at: At, input: SelectedFrom): Result<SelectedAssets> {
  const isStale = staleQuestion(at);
  const others: string[] = [];
  const selected = selectFrom(catalogOf(at), input, {
    attributes: {
      status: ({ asset, value }) => {
        if (value?.toLowerCase() === "stale") return isStale(asset);
        others[0] ??= value ?? "<null>";
        return false;
      },
    },
  });
  const [other] = others;
  if (other === undefined) return selected;
  return refuse(
    "invalid_selection",
    `A run cannot select by "status:${other}". Use status:stale, or list the assets with: headgate assets 'status:${other}'.`,
    { attribute: "status" },
  );
}

interface SelectedFrom {
  readonly selection: string;
  readonly location: string | null;
}

interface SelectedAssets {
  readonly assets: string[];
  readonly external: string[];
}

function selectFrom(catalog: Catalog, input: SelectedFrom, context: SelectionContext = {}): Result<SelectedAssets> {
  const { graph } = catalog;
  if (catalog.versions.length === 0)
    return refuse("not_found", "No code location is active in this deployment. Publish one with 'headgate publish'.");
  const parsed = parseSelection(input.selection);
  if (!parsed.ok) return parsed;
  const keys = evaluateSelection(parsed.value, graph, context);
  if (!keys.ok) return keys;
  const inScope = keys.value.filter((key) => input.location === null || graph.assets[graph.indexOf(key)]?.location === input.location);
  const assets = inScope.filter((key) => graph.isMaterializable(graph.indexOf(key)));
  const external = inScope.filter((key) => !graph.isMaterializable(graph.indexOf(key)));
  if (assets.length > 0) return ok({ assets, external });
  if (external.length > 0) {
    return refuse(
      "invalid_selection",
      `The selection ${input.selection} contains only external assets (${external.slice(0, 5).join(", ")}), which nothing here can materialize. Select at least one other asset.`,
      {
        external: external.slice(0, 100),
      },
    );
  }
  return refuseEmpty(input.selection, emptyClauses(parsed.value, graph, context).map(printSelection));
}
