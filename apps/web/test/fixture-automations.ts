/**
 * Schedules and sensors of the fixture deployment, with ticks as the control plane would have recorded them. Deterministic but for the
 * present time.
 */
import type {
  AutomationRef,
  AutomationView,
  TickDetail,
  TickState,
  TickSummary,
} from "@headgate/shared/contract/automations/automation-views.ts";
import type { WebhookView } from "@headgate/shared/contract/automations/webhook-views.ts";
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import { tickAtOrBefore, ticksFrom } from "@headgate/shared/domain/cron/next.ts";
import { parseCron } from "@headgate/shared/domain/cron/parse.ts";
import { findZone } from "@headgate/shared/domain/cron/zone.ts";

const LOCATION = "lakehouse";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RUN = "019ab3c0-0001-7000-8000-0000c41f1eef";

type Schedule = DefinitionsDocument["schedules"][number];
type Sensor = DefinitionsDocument["sensors"][number];

export function sampleSchedules(): Schedule[] {
  const schedule = (about: Pick<Schedule, "name" | "job" | "cron"> & Partial<Schedule>): Schedule => ({
    timezone: "UTC",
    defaultStatus: "running",
    evaluated: false,
    tags: {},
    location: LOCATION,
    source: { file: "schedules.ts", line: 8 },
    ...about,
  });
  return [
    schedule({
      name: "daily_refresh",
      job: "full_refresh",
      cron: ["0 2 * * *"],
      timezone: "Europe/London",
      description: "Everything once a night, before people come to work.",
      overlap: "skip",
      jitterSeconds: 120,
    }),
    schedule({ name: "hourly_bronze", job: "bronze_refresh", cron: ["15 * * * *"], catchUp: { type: "last", count: 3 } }),
    schedule({
      name: "month_end",
      job: "customer_pipeline",
      cron: ["0 4 1 * *"],
      timezone: "Asia/Kolkata",
      evaluated: true,
      defaultStatus: "stopped",
    }),
  ];
}

export function sampleSensors(): Sensor[] {
  const sensor = (about: Pick<Sensor, "name" | "kind"> & Partial<Sensor>): Sensor => ({
    intervalSeconds: 30,
    timeoutSeconds: 60,
    defaultStatus: "running",
    evaluated: true,
    resources: [],
    location: LOCATION,
    source: { file: "sensors.ts", line: 21 },
    ...about,
  });
  return [
    sensor({ name: "new_files", kind: "polling", job: "bronze_refresh", description: "Looks for new files in the landing bucket." }),
    sensor({
      name: "airbyte_synced",
      kind: "webhook",
      job: "bronze_refresh",
      evaluated: false,
      webhook: { verify: "standard", raw: false, map: { runKey: "data.job.id", tags: { connection: "data.connection.name" } } },
    }),
    sensor({ name: "after_silver", kind: "asset", job: "customer_pipeline", assets: ["silver/dim_customer"], evaluated: false }),
    sensor({ name: "tell_the_team", kind: "run_status", runStatuses: ["failed"], jobs: ["full_refresh"] }),
  ];
}

const MESSAGES: Readonly<Record<TickState, string | null>> = {
  open: null,
  requested: null,
  skipped: "No new file since orders-2026-11-22.csv",
  failed: "ENOENT: no such bucket 'landing-eu' (HTTP 404 from the object store)",
};

function stateOf(ref: AutomationRef, index: number): TickState {
  if (ref.name === "new_files") return index < 3 ? "failed" : index % 5 === 0 ? "requested" : "skipped";
  if (ref.kind === "schedule") return index % 13 === 7 ? "failed" : index % 9 === 5 ? "skipped" : "requested";
  return index % 4 === 1 ? "skipped" : "requested";
}

function ticksAt(ref: AutomationRef, now: number, count: number): number[] {
  const schedule = sampleSchedules().find((entry) => entry.name === ref.name);
  if (ref.kind !== "schedule" || !schedule) {
    const step = ref.name === "new_files" ? 30_000 : 47 * MINUTE;
    return Array.from({ length: count }, (_, index) => now - (index + 1) * step);
  }
  const times: number[] = [];
  for (let at: number | null = now; times.length < count;) {
    at = tickAtOrBefore(clockOf(schedule), at - 1);
    if (at === null) return times;
    times.push(at);
  }
  return times;
}

function clockOf(schedule: Schedule) {
  const cron = parseCron(schedule.cron[0] ?? "");
  const zone = findZone(schedule.timezone);
  if (!cron.ok || !zone.ok) throw new TypeError(`The fixture's schedule ${schedule.name} is wrong`);
  return { cron: cron.value, zone: zone.value };
}

export function upcomingOf(ref: AutomationRef, now: number): number[] {
  const schedule = sampleSchedules().find((entry) => entry.name === ref.name);
  if (ref.kind !== "schedule" || !schedule) return [];
  const times: number[] = [];
  for (const at of ticksFrom(clockOf(schedule), now)) {
    times.push(at);
    if (times.length === 10) break;
  }
  return times;
}

export function sampleTicks(ref: AutomationRef, now: number, count = 120): TickSummary[] {
  return ticksAt(ref, now, count).map((at, index) => {
    const state = stateOf(ref, index);
    const lateMs = index % 17 === 4 ? 48_000 : 12 + ((index * 37) % 160);
    return {
      location: ref.location,
      kind: ref.kind,
      name: ref.name,
      id: `tick-${ref.name}-${index}`,
      state,
      cause: ref.name === "airbyte_synced" ? "webhook" : ref.name === "after_silver" ? "event" : index === 6 ? "catch_up" : "clock",
      scheduledFor: at,
      startedAt: at + lateMs,
      finishedAt: at + lateMs + 180,
      lateMs,
      attempt: 1,
      agent: ref.kind === "schedule" ? null : "worker-1",
      runs: state === "requested" ? [RUN] : [],
      runCount: state === "requested" ? 1 : 0,
      message: MESSAGES[state],
    };
  });
}

export function sampleAutomation(ref: AutomationRef, now: number): AutomationView {
  const ticks = sampleTicks(ref, now, 40);
  const sensor = sampleSensors().find((entry) => entry.name === ref.name && ref.kind === "sensor");
  const enabled = ref.name !== "month_end" && ref.name !== "tell_the_team";
  const [lastTick = null] = ref.name === "tell_the_team" ? [] : ticks;
  return {
    ...ref,
    sensorKind: sensor?.kind ?? null,
    enabled,
    off: enabled ? null : ref.name === "tell_the_team" ? "person" : "definition",
    changed: ref.name === "tell_the_team" ? { by: "ada", at: now - 26 * HOUR } : null,
    lastTick,
    failuresInARow: ref.name === "new_files" ? 3 : 0,
    recent: lastTick === null ? [] : ticks.map(({ id, state, scheduledFor, lateMs }) => ({ id, state, at: scheduledFor, lateMs })),
    nextAt: !enabled
      ? null
      : ref.kind === "schedule"
        ? (upcomingOf(ref, now)[0] ?? null)
        : sensor?.kind === "polling"
          ? now + 21_000
          : null,
    pendingEvents: ref.name === "airbyte_synced" ? 2 : 0,
    waiting: ref.name === "airbyte_synced" ? "2 deliveries wait: an evaluation is going on" : null,
    hasWebhook: sensor?.webhook !== undefined,
  };
}

export function tickDetailOf(tick: TickSummary): TickDetail {
  const failed = tick.state === "failed";
  return {
    ...tick,
    cursorBefore: tick.kind === "sensor" ? '{"last":"orders-2026-11-21.csv","seen":118}' : null,
    cursorAfter: tick.kind === "sensor" && !failed ? '{"last":"orders-2026-11-22.csv","seen":119}' : null,
    stack: failed
      ? `Error: ${tick.message ?? ""}\n    at listBucket (sensors.ts:34:11)\n    at new_files (sensors.ts:21:18)\n    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)`
      : null,
    logs: [
      { level: "info", message: "looking below s3://landing-eu/orders/", at: tick.scheduledFor + 20 },
      { level: failed ? "error" : "info", message: failed ? "the store answered 404" : "1 new file", at: tick.scheduledFor + 120 },
    ],
    deduplicated: tick.state === "requested" && tick.kind === "sensor" ? [{ key: "orders-2026-11-21.csv", run: RUN }] : [],
    dynamicPartitions:
      tick.state === "requested" && tick.name === "new_files"
        ? [{ name: "customer_files", added: ["orders-2026-11-22.csv"], removed: [] }]
        : [],
    events:
      tick.cause === "event"
        ? [
            {
              type: "asset",
              seq: 812,
              asset: "silver/dim_customer",
              partition: null,
              run: RUN,
              at: tick.scheduledFor,
              metadata: { row_count: { type: "int", value: 4120 } },
              dataVersion: null,
            },
          ]
        : [],
    dropped: tick.cause === "catch_up" ? 4 : 0,
  };
}

export function sampleHook(now: number): WebhookView {
  return {
    id: "hk_4c1d",
    location: LOCATION,
    sensor: "airbyte_synced",
    path: "/hooks/acme/prod/hk_4c1d",
    verify: "standard",
    enabled: true,
    secrets: [{ id: "sec_1", createdAt: now - 40 * 24 * HOUR, createdBy: "ada", lastUsedAt: now - 47 * MINUTE }],
    refused: 3,
    lastRefusedAt: now - 9 * HOUR,
    refusals: [
      { at: now - 9 * HOUR, reason: "the signature does not match the body" },
      { at: now - 9 * HOUR - 4000, reason: "the signature does not match the body" },
      { at: now - 30 * HOUR, reason: "the timestamp is 14 minutes old" },
    ],
  };
}
