/** The filter of the run list: read from the URL, sent to the control plane, applied to live runs. Pure. */
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import type { RunStatus } from "@headgate/shared/domain/run/status.ts";

/** Groups of run statuses. */
export const STATUS_FILTERS = ["active", "failed", "succeeded", "canceled"] as const;
export type StatusFilter = (typeof STATUS_FILTERS)[number];
export const STATUS_LABELS: Readonly<Record<StatusFilter, string>> = {
  active: "Active",
  failed: "Failed",
  succeeded: "Succeeded",
  canceled: "Canceled",
};
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
  /** Created in this span of time; null: at any time. */
  readonly span: { readonly from: number; readonly to: number } | null;
}

export function readRunFilter(query: Pick<URLSearchParams, "get">): RunFilter {
  const status = query.get("status");
  return {
    status: STATUS_FILTERS.find((entry) => entry === status) ?? null,
    text: query.get("q") ?? "",
    job: query.get("job") ?? "",
    asset: query.get("asset") ?? "",
    backfill: query.get("backfill") ?? "",
    span: spanOf(query.get("from"), query.get("to")),
  };
}

function spanOf(from: string | null, to: string | null): RunFilter["span"] {
  const span = { from: Number(from ?? Number.NaN), to: Number(to ?? Number.NaN) };
  return Number.isSafeInteger(span.from) && Number.isSafeInteger(span.to) ? span : null;
}

/** As input of the procedure. */
export function filterInput(filter: RunFilter): {
  statuses?: RunStatus[];
  outcome?: "failed" | "succeeded";
  text?: string;
  job?: string;
  asset?: string;
  backfill?: string;
  createdAfter?: number;
  createdBefore?: number;
} {
  return {
    ...statusInput(filter.status),
    ...(filter.text.trim() === "" ? {} : { text: filter.text.trim() }),
    ...(filter.job === "" ? {} : { job: filter.job }),
    ...(filter.asset === "" ? {} : { asset: filter.asset }),
    ...(filter.backfill === "" ? {} : { backfill: filter.backfill }),
    ...(filter.span && { createdAfter: filter.span.from, createdBefore: filter.span.to }),
  };
}

/** A run whose check failed counts as failed, as its row says. */
function statusInput(status: StatusFilter | null): { statuses?: RunStatus[]; outcome?: "failed" | "succeeded" } {
  if (status === null) return {};
  return status === "failed" || status === "succeeded" ? { outcome: status } : { statuses: [...STATUSES_OF[status]] };
}

function hasStatus(status: StatusFilter, run: RunSummary): boolean {
  const checkFailed = run.status === "succeeded" && run.checksFailed > 0;
  return checkFailed ? status === "failed" : STATUSES_OF[status].includes(run.status);
}

/** Whether a new live run matches the filter. Which runs contain an asset is known only to the control plane. */
function admits(filter: RunFilter, run: RunSummary): boolean {
  if (filter.asset !== "") return false;
  if (filter.span && (run.createdAt < filter.span.from || run.createdAt >= filter.span.to)) return false;
  if (filter.backfill !== "" && run.backfill !== filter.backfill) return false;
  if (filter.job !== "" && run.job !== filter.job) return false;
  if (filter.status && !hasStatus(filter.status, run)) return false;
  const text = filter.text.trim().toLowerCase();
  if (text === "") return true;
  return [run.id, run.job ?? "", run.selection, ...Object.values(run.tags)].some((value) => value.toLowerCase().includes(text));
}

export interface RunListView {
  readonly filter: RunFilter;
  /** When the rows were fetched; newer runs go on top. */
  readonly since: number;
}

/**
 * The fetched rows with live changes applied and new runs on top. A row that no longer matches stays, so nothing disappears while a person
 * reads.
 */
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
