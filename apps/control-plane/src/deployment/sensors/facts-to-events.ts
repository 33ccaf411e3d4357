/** Which facts wake sensors, and the event that each of them becomes. `follow-facts.ts` passes the events on. */
import { checkId } from "@headgate/shared/domain/asset-check.ts";
import { type CauseChain, chainOfTarget } from "@headgate/shared/domain/automation/cause-chain.ts";
import type { FactOf, FactType, ReportedBy } from "../facts.ts";
import type { Tx } from "../kernel/tx.ts";
import { openRun } from "../runs/run-session.ts";
import { chainOfRun } from "../ticks/cause-chain.ts";
import type { CausedEvent } from "./sensor-events.ts";

/** Null: no sensor can watch this one. */
type ToEvent<T extends FactType> = (tx: Tx, fact: FactOf<T>) => CausedEvent | null;

export const EVENT_OF: { readonly [T in FactType]?: ToEvent<T> } = {
  asset_materialized: ({ now: at }, { asset, partition, by, gseq, metadata, dataVersion }) => ({
    event: { type: "asset", seq: gseq, asset, partition, run: runOf(by), at, metadata, dataVersion },
    chain: chainOf(by, asset),
  }),
  check_evaluated({ now: at }, { asset, check, partition, passed, severity, description, metadata, by }) {
    const outcome = passed ? "passed" : severity === "warn" ? "warned" : "failed";
    return {
      event: { type: "check", asset, check, outcome, description, run: runOf(by), partition, at, metadata },
      chain: chainOf(by, checkId({ asset, name: check })),
    };
  },
  run_ended(tx, { run }) {
    const row = openRun(tx, run)?.row;
    if (row?.status !== "succeeded" && row?.status !== "failed" && row?.status !== "canceled") return null;
    const { id, job, jobLocation: location, status, partition, tags, error: message } = row;
    return {
      event: { type: "run", run: id, job, location, status, partition, tags: { ...tags }, message, at: tx.now },
      chain: chainOfRun(row),
      locations: Object.keys(row.versions),
    };
  },
  sensor_event: (_tx, { event, chain }) => ({ event, chain }),
};

function runOf(by: ReportedBy): string | null {
  return "run" in by ? by.run : null;
}

/** The chain of an event. A run that no sensor led to begins a new chain. */
function chainOf(by: ReportedBy, target: string): CauseChain | null {
  const chain = chainOfTarget(by.chain, target);
  return "run" in by ? chainOfRun({ id: by.run, chain }) : chain;
}
