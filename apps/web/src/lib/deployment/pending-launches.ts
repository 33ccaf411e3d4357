/** Launches that are displayed as queued before the control plane confirms them. Pure. */
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";

export interface PendingLaunch {
  readonly request: string;
  /** Null until the call was answered. */
  readonly run: string | null;
}
/** By asset key. */
export type Pending = ReadonlyMap<string, PendingLaunch>;

export const NO_PENDING: Pending = new Map();

export function beginLaunch(pending: Pending, request: string, assets: readonly string[]): Pending {
  const next = new Map(pending);
  for (const asset of assets) next.set(asset, { request, run: null });
  return next;
}

export function confirmLaunch(pending: Pending, request: string, run: string): Pending {
  return new Map([...pending].map(([asset, launch]) => [asset, launch.request === request ? { request, run } : launch]));
}

export function revertLaunch(pending: Pending, request: string): Pending {
  return new Map([...pending].filter(([, launch]) => launch.request !== request));
}

/** Drops pending launches whose asset was updated or whose run ended. */
export function settlePending(pending: Pending, changes: readonly Change[]): Pending {
  if (pending.size === 0) return pending;
  const spoken = new Set<string>();
  const over = new Set<string>();
  for (const change of changes) {
    if (change.type === "asset") spoken.add(change.asset.key);
    if (change.type === "run" && isTerminalRun(change.run.status)) over.add(change.run.id);
  }
  if (spoken.size === 0 && over.size === 0) return pending;
  return new Map([...pending].filter(([asset, launch]) => !spoken.has(asset) && !(launch.run !== null && over.has(launch.run))));
}

export function withPending(key: string, state: AssetState | undefined, pending: Pending): AssetState | undefined {
  const launch = pending.get(key);
  if (!launch || state?.inProgress) return state;
  const base: AssetState = state ?? {
    key,
    health: "unknown",
    materialized: null,
    failed: null,
    places: { materialized: null, changed: null },
    checksNotPassed: [],
    inProgress: null,
    checks: { passed: 0, warned: 0, failed: 0, unknown: 0 },
    partitions: null,
    freshness: null,
  };
  return { ...base, inProgress: { run: launch.run ?? "", status: "queued" } };
}
