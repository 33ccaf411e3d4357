/** Measures Dagster with the same questions, in its own Python environment, with its in-process executor (its fastest). */
import { beganOf, runJob, startDagster } from "./dagster-server.ts";
import { NOOPS } from "./headgate.ts";
import { familyMb } from "./process-memory.ts";
import { percentile, type Measure } from "./stats.ts";

const CLICKS = 5;
const LINES = 5000;

export async function measureDagster(): Promise<Measure[]> {
  const dagster = await startDagster("definitions.py", { BENCH_NOOPS: String(NOOPS), BENCH_LINES: String(LINES) });
  try {
    const clicks: number[] = [];
    for (let click = 0; click < CLICKS; click++) {
      const before = Date.now();
      const run = await runJob(dagster, "click_job");
      const began = await beganOf(dagster, run.id);
      if (began !== null) clicks.push(began - before);
    }
    const noops = await runJob(dagster, "noop_job");
    const lines = await runJob(dagster, "lines_job");
    return [
      { name: "start to usable, everything installed", unit: "s", value: dagster.startSeconds },
      { name: "click to user code, median", unit: "ms", value: percentile(clicks, 0.5) },
      { name: "click to user code, 95th percentile", unit: "ms", value: percentile(clicks, 0.95) },
      { name: "no-op asset, overhead per step", unit: "ms", value: noops.wallMs / NOOPS },
      { name: "events into one deployment", unit: "1/s", value: (LINES * 1000) / lines.runMs },
      { name: "memory, all processes", unit: "MB", value: familyMb(dagster.pid) },
    ];
  } finally {
    await dagster.stop();
  }
}
