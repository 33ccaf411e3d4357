/** Deployments with partitioned assets, and calls on their backfills. */
import { type SentInputOf, PROCEDURES } from "@headgate/shared/contract/table.ts";
import type { z } from "zod";
import type { backfillTargetSchema } from "@headgate/shared/contract/runs/backfills.ts";
import type { BackfillSummary } from "@headgate/shared/contract/runs/backfill-views.ts";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import { fireTimers, newDeployment, person, publish, rows, type DeploymentObject } from "./deployment.ts";
import type { FakeAgent } from "./fake-agent.ts";
import { assetsOf, manifest } from "./manifests.ts";

export const daily = (end = "2025-01-11"): PartitionsDefinition => ({ type: "time", cadence: "daily", start: "2025-01-01", end });
export const weekly: PartitionsDefinition = { type: "time", cadence: "weekly", start: "2025-01-05", end: "2025-01-20" };
export type Target = z.input<typeof backfillTargetSchema>;
export type Options = Omit<SentInputOf<"backfills.launch">, "target">;

export async function deploy(
  graph: Record<string, string[]>,
  partitions: Record<string, PartitionsDefinition | undefined> = {},
): Promise<DeploymentObject> {
  const stub = newDeployment();
  await publishGraph(stub, graph, partitions);
  return stub;
}

export async function publishGraph(
  stub: DeploymentObject,
  graph: Record<string, string[]>,
  partitions: Record<string, PartitionsDefinition | undefined> = {},
) {
  const parts = assetsOf(graph);
  const assets = (parts.assets ?? []).map((asset) => {
    const own = asset.key in partitions ? partitions[asset.key] : daily();
    return own === undefined ? asset : { ...asset, partitions: own };
  });
  await publish(stub, manifest({ ...parts, assets }));
}

export async function start(stub: DeploymentObject, target: Target, options: Options = {}): Promise<BackfillSummary> {
  return unwrap(await stub.perform("backfills.launch", PROCEDURES["backfills.launch"].input.parse({ target, ...options }), person));
}
export const get = async (stub: DeploymentObject, id: string) => unwrap(await stub.ask("backfills.get", { id }));
export const steer = async (
  stub: DeploymentObject,
  what: "backfills.pause" | "backfills.resume" | "backfills.cancel" | "backfills.retry",
  id: string,
) => stub.perform(what, { id }, person);
export const preview = async (stub: DeploymentObject, target: Target) =>
  unwrap(await stub.ask("backfills.preview", PROCEDURES["backfills.preview"].input.parse({ target })));

export const fail = (agent: FakeAgent, job: JobFrame, message = "no luck") =>
  agent.reported(agent.done(job, { outcome: "failed", failure: { kind: "user_code", message }, retryable: false }));

/** Completes every job until the backfill has ended. Returns the steps in the order of their completion. */
export async function work(
  stub: DeploymentObject,
  agent: FakeAgent,
  id: string,
  fails: (step: string) => boolean = () => false,
): Promise<string[]> {
  const done: string[] = [];
  let read = 0;
  for (let tx = 0; tx < 1000; tx++) {
    const jobs = agent.jobs().slice(read);
    read += jobs.length;
    for (const job of jobs) {
      done.push(job.step);
      if (fails(job.step)) await fail(agent, job);
      else await agent.reported(...agent.success(job));
    }
    if (jobs.length > 0) continue;
    const { backfill } = await get(stub, id);
    if (backfill.endedAt !== null) return done;
    if ((await rows(stub, "SELECT id FROM timer WHERE kind = 'backfill'")).length > 0) {
      await fireTimers(stub, "backfill");
      continue;
    }
    await agent.waitFor(() => agent.jobs().length > read, `a job of ${JSON.stringify(backfill)}`);
  }
  throw new Error("the backfill does not end");
}

export const range = { type: "range", first: "2025-01-02", last: "2025-01-04" } as const;
