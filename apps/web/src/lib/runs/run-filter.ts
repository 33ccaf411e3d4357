/** Which runs does an address ask for, and does a run that just changed belong to them? Pure. */
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import type { RunStatus } from "@headgate/shared/domain/run/status.ts";

/** What people look for, in place of seven states. */
export const STATUS_FILTERS = ["active", "failed", "succeeded", "canceled"] as const;
export type StatusFilter = (typeof STATUS_FILTERS)[number];
const STATUSES_OF: Readonly<Record<StatusFilter, readonly RunStatus[]>> = {
  active: ["queued", "starting", "running", "canceling"],
  failed: ["failed"],
  succeeded: ["succeeded"],
  canceled: ["canceled"],
};

export interface RunFilter {
  readonly status: StatusFilter | null;
  readonly text: string;
  readonly job: string;
  readonly asset: string;
  /** Id of a backfill. */
  readonly backfill: string;
}

export function readRunFilter(query: Pick<URLSearchParams, "get">): RunFilter {
  const status = query.get("status");
  return {
    status: STATUS_FILTERS.find((entry) => entry === status) ?? null,
    text: query.get("q") ?? "",
    job: query.get("job") ?? "",
    asset: query.get("asset") ?? "",
    backfill: query.get("backfill") ?? "",
  };
}

/** As the control plane wants it. */
export function filterInput(filter: RunFilter): { statuses?: RunStatus[]; text?: string; job?: string; asset?: string; backfill?: string } {
  return {
    ...(filter.status ? { statuses: [...STATUSES_OF[filter.status]] } : {}),
    ...(filter.text.trim() === "" ? {} : { text: filter.text.trim() }),
    ...(filter.job === "" ? {} : { job: filter.job }),
    ...(filter.asset === "" ? {} : { asset: filter.asset }),
    ...(filter.backfill === "" ? {} : { backfill: filter.backfill }),
  };
}

/** A run that is new to the tab is shown only when the filter can be decided here; an asset's runs are known to the control plane alone. */
function admits(filter: RunFilter, run: RunSummary): boolean {
  if (filter.asset !== "") return false;
  if (filter.backfill !== "" && run.backfill !== filter.backfill) return false;
  if (filter.job !== "" && run.job !== filter.job) return false;
  if (filter.status && !STATUSES_OF[filter.status].includes(run.status)) return false;
  const text = filter.text.trim().toLowerCase();
  if (text === "") return true;
  return [run.id, run.job ?? "", run.selection, ...Object.values(run.tags)].some((value) => value.toLowerCase().includes(text));
}

export interface RunListView {
  readonly filter: RunFilter;
  /** When the rows were fetched: what is newer belongs on top. */
  readonly since: number;
}

/** The fetched rows, brought up to date by what the socket said since; new runs come on top. A row stays although it no longer matches, so that nothing jumps away while being read. */
export function mergeRuns(fetched: readonly RunSummary[], live: ReadonlyMap<string, RunSummary>, view: RunListView): RunSummary[] {
  const { filter, since } = view;
  const known = new Set(fetched.map((run) => run.id));
  const current = fetched.map((run) => newer(run, live.get(run.id)));
  const added = [...live.values()].filter(
    (run) => !known.has(run.id) && (run.createdAt >= since || filter.status === "active") && admits(filter, run),
  );
  return [...added, ...current].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
}

function newer(fetched: RunSummary, live: RunSummary | undefined): RunSummary {
  return live && live.lastSeq >= fetched.lastSeq ? live : fetched;
}
