/** Measures what starts by itself: how soon after an event, a webhook or its time a run is there. */
import { allPages } from "@headgate/shared/contract/all-pages.ts";
import { writeProject } from "../e2e/support/project-shell.ts";
import { removeFolder, startStack, temporaryFolder, until, type Stack } from "../e2e/support/stack.ts";
import { percentile, type Measure } from "./stats.ts";

const EVENTS = 30;
const SCHEDULES = 1000;

export async function measureAutomationLatency(): Promise<Measure[]> {
  const project = temporaryFolder("bench-automation");
  writeBenchProject(project);
  const stack = await startStack({ project });
  try {
    await until("the agent has the version", async () =>
      (await stack.api.agents.list.query()).some((agent) => agent.locations.some((location) => location.state === "ready")),
    );
    const events = await measureAssetEvents(stack);
    const hooks = await measureWebhooks(stack);
    const single = await measureSchedules(stack, ["s0"]);
    const { metadata } = await stack.api.assets.get.query({ key: "clocked" });
    const clocked = metadata["began"]?.type === "int" ? metadata["began"].value % 60_000 : null;
    const burst = await measureSchedules(
      stack,
      Array.from({ length: SCHEDULES }, (_, index) => `s${index}`),
    );
    return [
      {
        name: "asset event to user code of its sensor's run, median",
        unit: "ms",
        value: percentile(events, 0.5),
        note: `${EVENTS} events`,
      },
      { name: "asset event to user code of its sensor's run, 95th percentile", unit: "ms", value: percentile(events, 0.95) },
      { name: "webhook sent to user code of its run, median", unit: "ms", value: percentile(hooks, 0.5), note: `${EVENTS} deliveries` },
      { name: "webhook sent to user code of its run, 95th percentile", unit: "ms", value: percentile(hooks, 0.95) },
      { name: "time of a schedule to user code of its run", unit: "ms", value: clocked, note: "one tick" },
      { name: "lateness of a schedule", unit: "ms", value: percentile(single.ticks, 0.5), note: "one tick" },
      {
        name: `lateness of ${SCHEDULES} schedules due at once, median`,
        unit: "ms",
        value: percentile(burst.ticks, 0.5),
        note: `${burst.ticks.length} ticks, each makes a run`,
      },
      { name: `lateness of ${SCHEDULES} schedules due at once, 99th percentile`, unit: "ms", value: percentile(burst.ticks, 0.99) },
      { name: `the last run of ${SCHEDULES} schedules due at once is made after`, unit: "ms", value: burst.lastRunMs },
    ];
  } finally {
    await stack.stop();
    removeFolder(stack.data);
    removeFolder(project);
  }
}

/** When the user code of an asset began that had not begun at `before`, by the clock of this machine. */
async function beganAfter(stack: Stack, asset: string, before: number): Promise<number> {
  return until(`${asset} begins`, async () => {
    const { metadata } = await stack.api.assets.get.query({ key: asset });
    const began = metadata["began"];
    return began?.type === "int" && began.value >= before ? began.value : null;
  });
}

async function measureAssetEvents(stack: Stack): Promise<number[]> {
  const values: number[] = [];
  for (let event = -3; event < EVENTS; event++) {
    const before = Date.now();
    await stack.api.runs.launch.mutate({ target: { selection: "source" } });
    const began = await beganAfter(stack, "reaction", before);
    const { items } = await stack.api.assets.events.query({ key: "source", limit: 1 });
    // The first few warm the path and are not counted.
    if (event >= 0 && items[0]) values.push(began - items[0].at);
  }
  return values;
}

async function measureWebhooks(stack: Stack): Promise<number[]> {
  const { url } = await stack.api.webhooks.rotateSecret.mutate({ location: "bench", sensor: "hook" });
  const values: number[] = [];
  for (let delivery = -3; delivery < EVENTS; delivery++) {
    const before = Date.now();
    const answer = await fetch(`${stack.url}${url}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"n":${delivery}}`,
    });
    if (answer.status !== 202) throw new Error(`the webhook answered ${answer.status}: ${await answer.text()}`);
    const began = await beganAfter(stack, "called", before);
    if (delivery >= 0) values.push(began - before);
  }
  return values;
}

interface Lateness {
  /** Of each tick: until it was taken up. */
  readonly ticks: readonly number[];
  /** Until the last of their runs was made. */
  readonly lastRunMs: number;
}

/** Switches schedules on, waits for their next minute, and reads how late each tick was. */
async function measureSchedules(stack: Stack, names: readonly string[]): Promise<Lateness> {
  const of = (name: string) => ({ location: "bench", kind: "schedule", name }) as const;
  await until("enough of the minute is left", async () => Date.now() % 60_000 < 40_000, 70_000);
  for (let at = 0; at < names.length; at += 50)
    await Promise.all(names.slice(at, at + 50).map((name) => stack.api.automations.setEnabled.mutate({ ...of(name), enabled: true })));
  const due = Math.ceil(Date.now() / 60_000) * 60_000;
  const ticks = await until(
    "every schedule has ticked",
    async () => {
      const all = await allPages((cursor) => stack.api.automations.list.query({ kind: "schedule", cursor, limit: 500 }));
      const done = all.flatMap(({ lastTick }) =>
        lastTick && lastTick.scheduledFor >= due && lastTick.lateMs !== null && lastTick.finishedAt !== null ? [lastTick] : [],
      );
      return done.length >= names.length ? done : null;
    },
    120_000,
  );
  for (let at = 0; at < names.length; at += 50)
    await Promise.all(names.slice(at, at + 50).map((name) => stack.api.automations.setEnabled.mutate({ ...of(name), enabled: false })));
  await until("the runs end", async () => (await stack.api.queue.get.query()).activeRuns === 0, 120_000);
  return {
    ticks: ticks.flatMap(({ lateMs }) => lateMs ?? []),
    lastRunMs: Math.max(...ticks.map(({ finishedAt, scheduledFor }) => (finishedAt ?? 0) - scheduledFor)),
  };
}

function writeBenchProject(folder: string): void {
  writeProject(folder, {
    name: "bench",
    code: `import { defineAsset, defineAssetSensor, defineCodeLocation, defineJob, defineSchedule, defineWebhookSensor, materialization, select } from "@headgate/sdk";
const began = () => materialization({ metadata: { began: Date.now() } });
const source = defineAsset({ key: "source", run: began });
const reaction = defineAsset({ key: "reaction", run: began });
const called = defineAsset({ key: "called", run: began });
const clocked = defineAsset({ key: "clocked", run: began });
const job = (name: string, key: string) => defineJob(name, { selection: select.keys(key) });
const clock = job("clock", "clocked");
export default defineCodeLocation({
  name: "bench",
  assets: [source, reaction, called, clocked],
  sensors: [
    defineAssetSensor({ name: "on_source", assets: [source], job: job("react", "reaction") }),
    defineWebhookSensor({ name: "hook", verify: "secret", map: {}, job: job("call", "called") }),
  ],
  schedules: Array.from({ length: ${SCHEDULES} }, (_, index) => defineSchedule({ name: \`s\${index}\`, job: clock, cron: "* * * * *", defaultStatus: "stopped" })),
});
`,
  });
}
