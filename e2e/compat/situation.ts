/** Brings a deployment into the state that a release's data folder keeps: something of everything, and much of it in the middle. */
import { until } from "../support/stack.ts";
import type { CompatApi, Page } from "./api.ts";
import { isEnded } from "./facts.ts";
import { LOCATION } from "./project.ts";

interface Stage {
  readonly api: CompatApi;
  readonly url: string;
  /** Publishes another version of the code location. */
  publishAgain(): void;
}

/** The file that holds steps must exist all the while. Answers with the address of the webhook, secret included. */
export async function makeSituation({ api, url, publishAgain }: Stage): Promise<string> {
  const finish = async (id: string, status: string): Promise<void> => {
    const found = await until(`the end of run ${id}`, async () => {
      const { run } = await api.run(id);
      return isEnded(run) ? run : null;
    });
    if (found.status !== status) throw new Error(`run ${id} is ${found.status}, not ${status}: ${found.error}`);
  };
  const stepBecomes = (run: string, status: string): Promise<unknown> =>
    until(`a step of ${run} becomes ${status}`, async () => (await api.run(run)).steps.some((step) => step.status === status));

  // What is over: every end that a run can have, and every cause that can start one.
  await finish(await api.launch({ job: "chain" }), "succeeded");
  await until("the run of the condition", async () =>
    (await api.runs()).some(({ trigger, status }) => trigger.type === "condition" && status === "succeeded"),
  );
  await finish(await api.launch({ selection: 'key:"broken"' }), "failed");
  await finish(await api.launch({ job: "retried" }), "succeeded");
  const canceled = await api.launch({ job: "holding" });
  await stepBecomes(canceled, "running");
  await api.tell("runs.cancel", { run: canceled, reason: "for the record" });
  await finish(canceled, "canceled");
  await api.tell("partitions.addKeys", { name: "customers", keys: ["ada", "bob", "eve"] });
  await api.tell("partitions.removeKeys", { name: "customers", keys: ["eve"] });
  await finish(await api.launch({ selection: 'key:"customer"', partition: "ada" }), "succeeded");
  const cursorIs = (cursor: string): Promise<unknown> =>
    until(`cursor ${cursor}`, async () => (await api.automation("sensor", "counter")).cursor === cursor);
  await cursorIs("1");
  await api.tickNow("sensor", "counter");
  await cursorIs("2");
  const { url: hook } = await api.tell<{ readonly url: string }>("webhooks.rotateSecret", { location: LOCATION, sensor: "orders" });
  await deliver(url, hook, { id: "order-1", kind: "order" });
  await deliver(url, hook, { id: "invoice-1", kind: "invoice" });
  await api.tell("assets.report", { type: "materialized", asset: "second", requestId: "report-1" });
  await api.tell("conditions.pause", { scope: "asset:daily", reason: "for the record" });
  await api.tell("tokens.create", { name: "throw-away", kind: "api", role: "viewer" });
  await api.tell("automations.setEnabled", { location: LOCATION, kind: "schedule", name: "every_minute", enabled: true });
  await until(
    "a tick by the clock",
    async () => (await api.automation("schedule", "every_minute")).automation.lastTick?.state === "requested",
    90_000,
  );
  publishAgain();
  await until(
    "the second version",
    async () => (await api.ask<Page<{ readonly number: number }>>("locations.versions", { location: LOCATION })).items.length === 2,
  );
  await until("every run so far is over", async () => (await api.runs()).every(isEnded));

  // What goes on: a backfill, a step that runs, one that waits for its retry, a run that waits for its turn, a tick with its event.
  await api.tell("backfills.launch", {
    target: { selection: 'key:"daily"', partitions: { type: "all" } },
    title: "in progress",
    maxActive: 1,
  });
  await stepBecomes(await api.launch({ job: "holding" }), "running");
  await stepBecomes(await api.launch({ selection: 'key:"fails_long"' }), "up_for_retry");
  await until("the third day runs", async () =>
    (await api.runs()).some(({ partition, status }) => partition === "2025-01-03" && status === "running"),
  );
  await api.tell("settings.update", { maxConcurrentRuns: 3 });
  const queued = await api.launch({ job: "chain" });
  await until("an event waits for its sensor", async () => (await api.automation("sensor", "follower")).automation.pendingEvents > 0);
  const { run } = await api.run(queued);
  if (run.status !== "queued") throw new Error(`the last run is ${run.status}, not queued`);
  return hook;
}

export async function deliver(url: string, hook: string, body: Readonly<Record<string, string>>): Promise<number> {
  const answer = await fetch(url + hook, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return answer.status;
}
