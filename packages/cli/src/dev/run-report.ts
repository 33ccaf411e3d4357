/** A run as a table of its assets, and as progress lines while it goes on. Filled from the run's events alone. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { parseCheckId } from "@headgate/shared/domain/asset-check.ts";
import type { EventRow, RunDetail } from "@headgate/shared/contract/runs/run-views.ts";
import type { StepStatus } from "@headgate/shared/domain/run/status.ts";
import type { Metadata } from "@headgate/shared/domain/metadata.ts";

export interface AssetLine {
  readonly asset: string;
  readonly status: "succeeded" | "failed" | "skipped" | "canceled" | "running" | "pending";
  readonly rows: number | null;
  readonly durationMs: number | null;
  readonly checks: { readonly passed: number; readonly warned: number; readonly failed: number };
  readonly message: string | null;
}

interface Facts {
  status: AssetLine["status"] | null;
  rows: number | null;
  durationMs: number | null;
  passed: Set<string>;
  warned: Set<string>;
  failed: Set<string>;
  message: string | null;
}

export function assetLines(detail: Pick<RunDetail, "steps">, events: readonly EventRow[]): readonly AssetLine[] {
  const facts = new Map<string, Facts>();
  const of = (asset: string): Facts => {
    const known = facts.get(asset) ?? {
      status: null,
      rows: null,
      durationMs: null,
      passed: new Set(),
      warned: new Set(),
      failed: new Set(),
      message: null,
    };
    facts.set(asset, known);
    return known;
  };
  for (const { event } of events) noteEvent(of, event);
  // In the order in which things happened; what never began comes last.
  const rank = new Map([...facts.keys()].map((asset, index) => [asset, index]));
  const order = (asset: string): number => rank.get(asset) ?? Number.MAX_SAFE_INTEGER;
  const made = detail.steps.flatMap((step) => step.assets.map((asset) => ({ step, asset })));
  const entries = made.length > 0 ? made : checkedAssets(detail.steps);
  return entries
    .sort((a, b) => order(a.asset) - order(b.asset))
    .map(({ step, asset }): AssetLine => {
      const known = of(asset);
      const only = step.assets.length === 1 && step.startedAt !== null && step.endedAt !== null ? step.endedAt - step.startedAt : null;
      return {
        asset: step.partition === null ? asset : `${asset}[${step.partition}]`,
        status: known.status ?? statusOfStep(step.status),
        rows: known.rows,
        durationMs: known.durationMs ?? only,
        checks: { passed: known.passed.size, warned: known.warned.size, failed: known.failed.size },
        message: known.message ?? step.failure?.message ?? null,
      };
    });
}

/** A run of checks alone makes no asset: it shows those that it looks at. */
function checkedAssets(steps: RunDetail["steps"]): { readonly step: RunDetail["steps"][number]; readonly asset: string }[] {
  const first = new Map<string, RunDetail["steps"][number]>();
  for (const step of steps) {
    for (const id of step.checks) {
      const asset = parseCheckId(id)?.asset;
      if (asset !== undefined && !first.has(asset)) first.set(asset, step);
    }
  }
  return [...first].map(([asset, step]) => ({ step, asset }));
}

function noteEvent(of: (asset: string) => Facts, event: EventRow["event"]): void {
  switch (event.type) {
    case "asset_materialized": {
      const asset = of(event.asset);
      asset.status = "succeeded";
      asset.rows = rowCount(event.metadata) ?? asset.rows;
      asset.durationMs = event.durationMs ?? asset.durationMs;
      asset.message = null;
      return;
    }
    case "asset_failed": {
      const asset = of(event.asset);
      asset.status = "failed";
      asset.durationMs = event.durationMs ?? asset.durationMs;
      asset.message = event.failure.message;
      return;
    }
    case "asset_skipped":
      of(event.asset).status = "skipped";
      of(event.asset).message = event.reason;
      return;
    case "check_evaluated": {
      const asset = of(event.asset);
      for (const set of [asset.passed, asset.warned, asset.failed]) set.delete(event.check);
      const set = event.passed ? asset.passed : event.severity === "warn" ? asset.warned : asset.failed;
      set.add(event.check);
      return;
    }
    default:
  }
}

export function rowCount(metadata: Metadata): number | null {
  const value = metadata["row_count"];
  return value?.type === "int" || value?.type === "float" ? value.value : null;
}

function statusOfStep(status: StepStatus): AssetLine["status"] {
  switch (status) {
    case "succeeded":
    case "failed":
    case "skipped":
    case "canceled":
      return status;
    case "running":
      return "running";
    case "pending":
    case "assigned":
    case "up_for_retry":
      return "pending";
    default:
      return assertNever(status);
  }
}
