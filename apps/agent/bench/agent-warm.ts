/** How long from a job frame on the wire to user code in a warm worker, and what a no-op step costs. Run: node bench/agent-warm.ts */
import { openFixture } from "../test/agent-fixture.test-support.ts";
import { testJob } from "../test/test-location.ts";

const ROUNDS = 300;
const PARALLEL = 1000;

const fixture = await openFixture();
const { plane } = fixture;
await fixture.start({ timing: { workerUses: 1_000_000, batchDelayMs: 50 }, config: { slots: 4, warmWorkers: 2 } });
await plane.until("the location is ready", () => plane.items.some(({ item }) => item.k === "location"));

let looked = 0;
let finished = 0;
const starts: number[] = [];
const ends: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const step = `warm-${round}`;
  const sent = performance.now();
  plane.lease(testJob("noop", { step }));
  await plane.until("started", () => plane.eventsOf(step).length > 0);
  starts.push(performance.now() - sent);
  await plane.until("done", () => plane.donesOf(step).length > 0);
  ends.push(performance.now() - sent);
}
report("job frame -> step_started at the control plane", starts);
report("job frame -> done at the control plane", ends);

const begin = performance.now();
let next = 0;
for (let over = 0; over < PARALLEL; over = doneCount()) {
  while (next < PARALLEL && next - over < 4) plane.lease(testJob("noop", { step: `many-${next++}` }));
  const before = over;
  await plane.until("one more is done", () => doneCount() > before);
}
const each = (performance.now() - begin) / PARALLEL;
process.stdout.write(`${PARALLEL} no-op steps on 4 slots: ${each.toFixed(2)} ms per step\n`);
await fixture.close();

function doneCount(): number {
  for (; looked < plane.items.length; looked++) {
    const stored = plane.items[looked]?.item;
    if (stored?.k === "done" && stored.step.startsWith("many-")) finished++;
  }
  return finished;
}

function report(name: string, values: number[]): void {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2);
  process.stdout.write(`${name}: median ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(0.999)} ms\n`);
}
