/** What a deployment has stored, as its API tells it. Written beside a release's data folder, and read again by today's release. */
import type { Automation, CompatApi, Page, Run, Step } from "./api.ts";

export interface Facts {
  readonly runs: readonly RunFacts[];
  readonly versions: readonly { readonly number: number; readonly id: string; readonly active: boolean }[];
  readonly automations: Readonly<
    Record<string, { readonly enabled: boolean; readonly cursor: string | null; readonly pendingEvents: number }>
  >;
  readonly ticks: readonly TickFacts[];
  readonly deliveries: readonly { readonly id: string; readonly state: string; readonly runs: readonly string[] }[];
  readonly hookPath: string | null;
  readonly evaluations: readonly { readonly id: string; readonly target: string; readonly runs: readonly string[] }[];
  readonly conditions: readonly { readonly target: string; readonly lastRequestedAt: number | null }[];
  readonly pauses: readonly { readonly scope: string; readonly reason: string | null }[];
  readonly dynamicKeys: readonly string[];
  readonly backfills: readonly BackfillFacts[];
  readonly settings: unknown;
  readonly assets: readonly AssetFacts[];
  readonly assetEvents: Readonly<Record<string, readonly number[]>>;
  readonly tokens: readonly string[];
}
export interface RunFacts extends Run {
  readonly steps: readonly Step[];
  readonly events: number;
}
interface TickFacts {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly cause: string;
  readonly runs: readonly string[];
}
interface BackfillFacts {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly runs: Readonly<Record<string, number>>;
}
interface AssetFacts {
  readonly key: string;
  readonly materialized: unknown;
  readonly failed: unknown;
  readonly partitions: unknown;
}

const AUTOMATIONS = [
  ["schedule", "every_minute"],
  ["schedule", "nightly"],
  ["sensor", "counter"],
  ["sensor", "follower"],
  ["sensor", "orders"],
] as const;
const LOCATION = "compat";

export async function readFacts(api: CompatApi): Promise<Facts> {
  const runs: RunFacts[] = [];
  for (const { id } of await api.runs()) {
    const { run, steps } = await api.run(id);
    const kept = steps.map(({ key, status, attempt }): Step => ({ key, status, attempt }));
    runs.push({ ...runFacts(run), steps: kept, events: (await api.events(id)).length });
  }
  const automations: Record<string, { enabled: boolean; cursor: string | null; pendingEvents: number }> = {};
  for (const [kind, name] of AUTOMATIONS) {
    const { automation, cursor } = await api.automation(kind, name);
    automations[name] = { enabled: automation.enabled, cursor, pendingEvents: automation.pendingEvents };
  }
  const orders = { location: LOCATION, sensor: "orders" };
  const assets = (await api.ask<Page<AssetFacts>>("assets.states", {})).items;
  const assetEvents: Record<string, readonly number[]> = {};
  for (const { key } of assets)
    assetEvents[key] = (await api.ask<Page<{ readonly seq: number }>>("assets.events", { key })).items.map(({ seq }) => seq);
  return {
    runs,
    versions: (await api.ask<Page<Facts["versions"][number]>>("locations.versions", { location: LOCATION })).items.map(
      ({ number, id, active }) => ({ number, id, active }),
    ),
    automations,
    ticks: (await api.ask<Page<TickFacts>>("automations.ticks", { limit: 200 })).items.map(tickFacts),
    deliveries: (await api.ask<Page<Facts["deliveries"][number]>>("webhooks.deliveries", orders)).items.map(
      ({ id, state, runs: made }) => ({ id, state, runs: made }),
    ),
    hookPath: (await api.ask<Automation["hook"]>("webhooks.get", orders))?.path ?? null,
    evaluations: (await api.ask<Page<Facts["evaluations"][number]>>("conditions.evaluations", { requestedOnly: true })).items.map(
      ({ id, target, runs: made }) => ({ id, target, runs: made }),
    ),
    conditions: (await api.ask<Page<Facts["conditions"][number]>>("conditions.list", {})).items.map(({ target, lastRequestedAt }) => ({
      target,
      lastRequestedAt,
    })),
    pauses: (await api.ask<Facts["pauses"]>("conditions.pauses")).map(({ scope, reason }) => ({ scope, reason })),
    dynamicKeys: (await api.ask<Page<{ readonly key: string }>>("partitions.keys", { name: "customers" })).items.map(({ key }) => key),
    backfills: (await api.ask<Page<BackfillFacts>>("backfills.list", {})).items.map(({ id, title, status, runs: counts }) => ({
      id,
      title,
      status,
      runs: counts,
    })),
    settings: await api.ask("settings.get"),
    assets: assets.map(({ key, materialized, failed, partitions }) => ({ key, materialized, failed, partitions })),
    assetEvents,
    tokens: (await api.ask<readonly { readonly name: string }[]>("tokens.list")).map(({ name }) => name).toSorted(),
  };
}

export const isEnded = ({ status }: { readonly status: string }): boolean => ["succeeded", "failed", "canceled"].includes(status);

function runFacts(run: Run): Run {
  const { id, status, job, selection, partition, tags, trigger, parent, backfill, createdAt, endedAt, materialized, error, lastSeq } = run;
  return { id, status, job, selection, partition, tags, trigger, parent, backfill, createdAt, endedAt, materialized, error, lastSeq };
}

function tickFacts({ id, name, state, cause, runs }: TickFacts): TickFacts {
  return { id, name, state, cause, runs };
}
