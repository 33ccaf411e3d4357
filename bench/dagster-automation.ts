/** The same for Dagster: its asset sensor at its shortest interval, and one schedule. */
import { ask, beganOf, runJob, startDagster, type DagsterServer } from "./dagster-server.ts";
import { until } from "../e2e/support/stack.ts";
import { percentile, type Measure } from "./stats.ts";

const EVENTS = 5;

export async function measureDagsterAutomation(): Promise<Measure[]> {
  const dagster = await startDagster("automation.py");
  try {
    const events: number[] = [];
    for (let event = 0; event < EVENTS; event++) {
      const source = await runJob(dagster, "source_job");
      const happened = await beganOf(dagster, source.id);
      const reaction = await runOf(dagster, "react", event);
      const began = await beganOf(dagster, reaction);
      if (happened !== null && began !== null) events.push(began - happened);
    }
    const clocked = await beganOf(dagster, await runOf(dagster, "clock", 0));
    return [
      { name: "asset event to user code of its sensor's run, median", unit: "ms", value: percentile(events, 0.5) },
      { name: "asset event to user code of its sensor's run, 95th percentile", unit: "ms", value: percentile(events, 0.95) },
      { name: "time of a schedule to user code of its run", unit: "ms", value: clocked === null ? null : clocked % 60_000 },
    ];
  } finally {
    await dagster.stop();
  }
}

/** Id of the job's run number `index`, once it has ended. */
async function runOf({ url }: DagsterServer, job: string, index: number): Promise<string> {
  return until(
    `Dagster's ${job}`,
    async () => {
      const { runsOrError } = await ask(
        url,
        `query ($job: String!) { runsOrError(filter: { pipelineName: $job, statuses: [SUCCESS] }) { ... on Runs { results { runId } } } }`,
        { job },
      );
      const runs: { runId: string }[] = runsOrError.results.toReversed();
      return runs[index]?.runId;
    },
    180_000,
  );
}
