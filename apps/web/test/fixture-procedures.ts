/** The procedures of the fixture deployment that need neither its runs nor its asset states: in memory, with everything that a page can show. */
import type { AutomationRef, AutomationView } from "@headgate/shared/contract/automations/automation-views.ts";
import type { DeliverySummary, WebhookView } from "@headgate/shared/contract/automations/webhook-views.ts";
import type { PauseView } from "@headgate/shared/contract/automations/conditions.ts";
import type { SwitchView } from "@headgate/shared/contract/automations/switches.ts";
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import type { BackfillStatus, BackfillSummary } from "@headgate/shared/contract/runs/backfill-views.ts";
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import type { AnswerOf, CommandName, InputOf, QueryName } from "@headgate/shared/contract/table.ts";
import type { Page } from "@headgate/shared/contract/view.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { sampleAutomation, sampleHook, sampleTicks, tickDetailOf, upcomingOf } from "./fixture-automations.ts";
import { conditionViewOf, evaluationDetailOf, sampleEvaluations } from "./fixture-conditions.ts";
import { backfillDetailOf, partitionMapOf, queueOf, SAMPLE_SETTINGS, sampleBackfills, timelineOf } from "./fixture-partitions.ts";
import { runId } from "./fixture-data.ts";

export type FixtureProcedures = ReturnType<typeof fixtureProcedures>;
/** Conditions, webhooks and the like; runs and assets are in `fixture-deployment.ts`. */
type Answers = { readonly [N in QueryName | CommandName]?: (input: InputOf<N>) => AnswerOf<N> };
export interface Fixture {
  readonly definitions: DefinitionsDocument;
  runs(): readonly RunSummary[];
  publish(changes: readonly Change[]): void;
}
function paged<T>(
  items: readonly T[],
  { cursor, limit }: { readonly cursor?: string | null | undefined; readonly limit: number },
): Page<T> {
  const offset = Number(cursor ?? 0);
  return { items: items.slice(offset, offset + limit), next: offset + limit < items.length ? String(offset + limit) : null };
}

function found<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new AppError("not_found", `There is no ${what}.`);
  return value;
}

export function fixtureProcedures({ definitions, runs, publish }: Fixture) {
  const now = () => Date.now();
  const refs: AutomationRef[] = [
    ...definitions.schedules.map(({ location, name }) => ({ location, kind: "schedule" as const, name })),
    ...definitions.sensors.map(({ location, name }) => ({ location, kind: "sensor" as const, name })),
  ];
  let switched: SwitchView["state"] = "on";
  const switchView = (): SwitchView => {
    const counts = { schedules: definitions.schedules.length, sensors: definitions.sensors.length, conditions: 0 };
    const none = { schedules: 0, sensors: 0, conditions: 0 };
    const isOff = switched === "off";
    return {
      location: "lakehouse",
      state: switched,
      changed: { by: "ada", at: now() },
      on: isOff ? none : counts,
      off: isOff ? counts : none,
      names: isOff ? refs.map(({ kind, name }) => ({ kind, name, reason: "location_off" })) : [],
    };
  };
  const idOf = ({ location, kind, name }: AutomationRef) => `${location}/${kind}/${name}`;
  const automations = new Map(refs.map((ref) => [idOf(ref), sampleAutomation(ref, now())]));
  const cursors = new Map([["lakehouse/sensor/new_files", '{"last":"orders-2026-11-22.csv","seen":119}']]);
  let hook: WebhookView = sampleHook(now());
  let pauses: PauseView[] = [];
  let settings = SAMPLE_SETTINGS;
  const dynamic = new Map([
    ["customer_files", Array.from({ length: 42 }, (_, index) => `orders-${String(index + 1).padStart(3, "0")}.csv`)],
  ]);
  const backfills = new Map(sampleBackfills(now()).map((entry) => [entry.id, entry]));

  const automation = (ref: AutomationRef) => found(automations.get(idOf(ref)), `${ref.kind} ${ref.name}`);
  const change = (ref: AutomationRef, patch: Partial<AutomationView>): AutomationView => {
    const next = { ...automation(ref), ...patch };
    automations.set(idOf(ref), next);
    publish([{ type: "automation", automation: next }]);
    return next;
  };
  const asset = (key: string) =>
    found(
      definitions.assets.find((entry) => entry.key === key),
      `asset ${key}`,
    );
  const tickOf = (id: string) => {
    for (const ref of refs) for (const tick of sampleTicks(ref, now())) if (tick.id === id) return tick;
    return null;
  };
  const setPauses = (next: PauseView[]) => {
    pauses = next;
    publish([{ type: "pauses", pauses }]);
    return pauses;
  };
  const move = (id: string, status: BackfillStatus): BackfillSummary => {
    const next: BackfillSummary = {
      ...found(backfills.get(id), `backfill ${id}`),
      status,
      endedAt: status === "canceled" ? now() : null,
      waiting: null,
    };
    backfills.set(id, next);
    publish([{ type: "backfill", backfill: next }]);
    return next;
  };
  const deliveries = (): DeliverySummary[] =>
    Array.from({ length: 18 }, (_, index) => ({
      id: `dl-${index}`,
      senderId: `msg_2KWPBgLlAfxdpx2AI54pPJ${index}`,
      at: now() - index * 47 * 60_000,
      state: index < 2 ? "pending" : index % 5 === 3 ? "skipped" : index === 6 ? "failed" : "requested",
      bytes: 812 + index,
      received: index % 7 === 2 ? 3 : 1,
      tick: index < 2 ? null : `tick-airbyte_synced-${index}`,
      runs: index < 2 || index === 6 || index % 5 === 3 ? [] : [runId(1)],
      message: index % 5 === 3 ? "data.status is not succeeded" : index === 6 ? "data.job.id is missing in the body" : null,
    }));

  return {
    "automations.list": ({ kind, cursor, limit }) => {
      const all = [...automations.values()].filter((view) => kind === undefined || view.kind === kind);
      const from = Number(cursor ?? 0);
      return { items: all.slice(from, from + limit), next: all.length > from + limit ? String(from + limit) : null };
    },
    "automations.get": ({ location, kind, name }) => {
      const ref = { location, kind, name };
      return {
        automation: automation(ref),
        cursor: cursors.get(idOf(ref)) ?? null,
        upcoming: upcomingOf(ref, now()),
        hook: automation(ref).hasWebhook ? hook : null,
      };
    },
    "automations.ticks": (input) => {
      const of = refs.filter((ref) => (!input.name || ref.name === input.name) && (!input.kind || ref.kind === input.kind));
      const items = of.flatMap((ref) => sampleTicks(ref, now())).filter((tick) => !input.states || input.states.includes(tick.state));
      return paged(
        items.sort((a, b) => b.scheduledFor - a.scheduledFor),
        input,
      );
    },
    "automations.tick": ({ id }) => tickDetailOf(found(tickOf(id), `tick ${id}`)),
    "webhooks.get": () => hook,
    "webhooks.deliveries": (input) =>
      paged(
        deliveries().filter(({ state }) => !input.states || input.states.includes(state)),
        input,
      ),
    "webhooks.delivery": ({ id }) => ({
      ...found(
        deliveries().find((entry) => entry.id === id),
        `delivery ${id}`,
      ),
      method: "POST",
      headers: { "content-type": "application/json", "webhook-id": "msg_2KWPBgLlAfxdpx2AI54pPJ", "user-agent": "airbyte" },
      query: {},
      body: JSON.stringify({ data: { connection: { name: "orders" }, job: { id: 4711 }, success: true, durationInSeconds: 84 } }),
    }),
    "conditions.list": (input) =>
      paged(
        definitions.assets.flatMap((entry) => conditionViewOf(entry, pauses, now()) ?? []),
        input,
      ),
    "conditions.get": ({ target }) => found(conditionViewOf(asset(target), pauses, now()), `condition of ${target}`),
    "conditions.evaluations": ({ target = "", requestedOnly, ...page }) =>
      paged(
        sampleEvaluations(target, now()).filter((entry) => !requestedOnly || entry.requested > 0),
        page,
      ),
    "conditions.evaluation": ({ id }) => {
      const target = id.replace(/^ev-/, "").replace(/-\d+$/, "");
      const evaluation = found(
        sampleEvaluations(target, now()).find((entry) => entry.id === id),
        `evaluation ${id}`,
      );
      return evaluationDetailOf(evaluation, asset(target), now());
    },
    "conditions.pauses": () => pauses,
    "switches.list": () => [switchView()],
    "partitions.map": ({ key, ...range }) =>
      partitionMapOf(found(asset(key).partitions, `partitions of ${key}`), {
        ...range,
        dynamic: dynamic.get("customer_files") ?? [],
        now: now(),
      }),
    "partitions.sets": () => [...dynamic].map(([name, keys]) => ({ name, count: keys.length, assets: ["bronze/customer_files"] })),
    "partitions.keys": ({ name, text = "", ...page }) => {
      const keys = (dynamic.get(name) ?? []).filter((key) => key.includes(text));
      return paged(
        keys.map((key, index) => ({ key, addedAt: now() - (index + 1) * 3_600_000, addedBy: "sensor new_files" })),
        page,
      );
    },
    "backfills.preview": ({ target }) => {
      const per = target.partitionsPerRun;
      const perRun = per === null || per === undefined ? 22 : per;
      const several = target.partitions.type === "all" ? 114 : target.partitions.type === "range" ? 22 : 9;
      return {
        assets: [{ asset: "gold/daily_orders", partitions: several, ranges: ["2026-11-01...2026-11-22"] }],
        runs: per === null ? 1 : Math.ceil(several / Math.max(1, perRun === 22 ? 1 : perRun)),
        first: [
          { assets: ["gold/daily_orders"], partition: "2026-11-01", after: 0 },
          { assets: ["metrics/daily_revenue"], partition: "2026-11-01", after: 1 },
        ],
        partitions: "2026-11-01...2026-11-22",
        warnings:
          several > 100 ? ["4 partitions of the upstream asset gold/fct_orders are missing: the runs that read them will fail."] : [],
      };
    },
    "backfills.list": (input) =>
      paged(
        [...backfills.values()].filter(({ status }) => !input.statuses || input.statuses.includes(status)),
        input,
      ),
    "backfills.get": ({ id }) => backfillDetailOf(found(backfills.get(id), `backfill ${id}`), now()),
    "queue.get": () => queueOf(settings, runs(), now()),
    "settings.get": () => settings,
    "timeline.get": (input) => timelineOf(input, runs(), now()),
    "automations.setEnabled": ({ enabled, location, kind, name }) =>
      change({ location, kind, name }, { enabled: enabled ?? true, changed: enabled === null ? null : { by: "ada", at: now() } }),
    "automations.setCursor": ({ cursor, location, kind, name }) => {
      const ref = { location, kind, name };
      if (cursor === null) cursors.delete(idOf(ref));
      else cursors.set(idOf(ref), cursor);
      return change(ref, {});
    },
    "automations.tickNow": ({ location, kind, name }) => change({ location, kind, name }, { waiting: null }),
    "automations.releaseRunKey": ({ location, kind, name }) => change({ location, kind, name }, {}),
    "webhooks.setEnabled": ({ enabled }) => (hook = { ...hook, enabled }),
    "webhooks.rotateSecret": () => {
      hook = {
        ...hook,
        secrets: [...hook.secrets, { id: `sec_${hook.secrets.length + 1}`, createdAt: now(), createdBy: "ada", lastUsedAt: null }].slice(
          -2,
        ),
      };
      return { hook, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", url: null };
    },
    "webhooks.revokeSecret": ({ secret }) => (hook = { ...hook, secrets: hook.secrets.filter(({ id }) => id !== secret) }),
    "webhooks.replay": ({ id }) => ({
      ...found(
        deliveries().find((entry) => entry.id === id),
        `delivery ${id}`,
      ),
      state: "pending",
    }),
    "switches.set": ({ on }) => {
      switched = on ? "on" : "off";
      publish([{ type: "pauses", pauses }]);
      return switchView();
    },
    "conditions.pause": ({ scope, reason, until }) =>
      setPauses([
        ...pauses.filter((entry) => entry.scope !== scope),
        { scope, by: "ada", at: now(), reason: reason ?? null, until: until ?? null },
      ]),
    "conditions.unpause": ({ scope }) => setPauses(pauses.filter((entry) => entry.scope !== scope)),
    "partitions.addKeys": ({ name, keys }) => {
      const list = dynamic.get(name) ?? [];
      dynamic.set(name, [...list, ...keys.filter((key) => !list.includes(key))]);
      return { name, count: dynamic.get(name)?.length ?? 0, assets: ["bronze/customer_files"] };
    },
    "partitions.removeKeys": ({ name, keys }) => {
      dynamic.set(
        name,
        (dynamic.get(name) ?? []).filter((key) => !keys.includes(key)),
      );
      return { name, count: dynamic.get(name)?.length ?? 0, assets: ["bronze/customer_files"] };
    },
    "backfills.launch": ({ title, target, maxActive, tags }) => {
      const [sample] = sampleBackfills(now());
      const made: BackfillSummary = {
        ...found(sample, "sample"),
        id: `bf-${backfills.size + 1}`,
        title: title ?? target.selection,
        selection: target.selection,
        maxActive,
        tags,
        createdAt: now(),
        error: null,
        runs: { waiting: 22, active: 0, succeeded: 0, failed: 0, canceled: 0, blocked: 0 },
      };
      backfills.set(made.id, made);
      publish([{ type: "backfill", backfill: made }]);
      return made;
    },
    "backfills.pause": ({ id }) => move(id, "paused"),
    "backfills.resume": ({ id }) => move(id, "running"),
    "backfills.cancel": ({ id }) => move(id, "canceled"),
    "backfills.retry": ({ id }) => move(id, "running"),
    "settings.update": (patch) => {
      settings = {
        ...settings,
        ...(Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as Partial<typeof settings>),
      };
      publish([{ type: "settings" }]);
      return settings;
    },
    "automations.test": ({ cursor, name }) =>
      name === "month_end"
        ? {
            outcome: "failed",
            runs: [],
            cursor: null,
            message: "TypeError: Cannot read properties of undefined (reading 'month')",
            stack: "TypeError: Cannot read properties of undefined (reading 'month')\n    at month_end (schedules.ts:31:14)",
            logs: [],
            dynamicPartitions: [],
            reports: [],
          }
        : {
            outcome: "evaluated",
            runs: [
              {
                runKey: "orders-2026-11-23.csv",
                job: "bronze_refresh",
                selection: null,
                partition: null,
                tags: { file: "orders-2026-11-23.csv" },
                problem: null,
              },
              {
                runKey: "orders-2026-11-22.csv",
                job: "bronze_refresh",
                selection: null,
                partition: null,
                tags: {},
                problem: "made a run before",
              },
            ],
            cursor: cursor === "" ? null : '{"last":"orders-2026-11-23.csv","seen":120}',
            message: null,
            stack: null,
            logs: [{ level: "info", message: "2 files found", at: now() }],
            dynamicPartitions: [{ name: "customer_files", added: ["orders-2026-11-23.csv"], removed: [] }],
            reports: [{ type: "materialized", asset: "raw/orders", partition: null, problem: null }],
          },
  } satisfies Answers;
}
