/** Follows one run to its end over the live socket: every event once and in order, every change of its state. */
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import type { EventRow, RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { isTerminalRun } from "@headgate/shared/domain/run/status.ts";
import type { Api } from "./api.ts";
import { call } from "./api.ts";
import type { Connection } from "./connection.ts";
import { openLive } from "./live.ts";

export interface FollowOptions {
  readonly connection: Connection;
  readonly api: Api;
  readonly run: string;
  /** Events with a greater number only. */
  readonly after: number;
  readonly random: () => number;
  readonly onEvents?: ((events: readonly EventRow[]) => void) | undefined;
  readonly onRun?: ((run: RunSummary) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The run as it ended; when the signal aborts, as it was last seen. */
export function followRun({ connection, api, run, after, random, onEvents, onRun, signal }: FollowOptions): Promise<RunSummary> {
  return new Promise((resolve, reject) => {
    let seen = after;
    let latest: RunSummary | null = null;
    let done = false;
    const finish = (how: () => void): void => {
      if (done) return;
      done = true;
      live.close();
      how();
    };
    const deliver = (events: readonly EventRow[]): void => {
      const fresh = events.filter((event) => event.seq > seen);
      const last = fresh.at(-1);
      if (last === undefined || done) return;
      seen = last.seq;
      onEvents?.(fresh);
    };
    const update = (summary: RunSummary): void => {
      if (done || (latest !== null && summary.lastSeq < latest.lastSeq)) return;
      latest = summary;
      onRun?.(summary);
      endWhenComplete();
    };
    /** The state may be told before the last events are: the end is both. */
    const endWhenComplete = (): void => {
      const end = latest;
      if (end === null || !isTerminalRun(end.status)) return;
      if (onEvents === undefined || seen >= end.lastSeq) finish(() => resolve(end));
    };
    const fetchState = async (): Promise<void> => {
      const detail = await call(connection, api.runs.get.query({ run }));
      update(detail.run);
    };
    const live = openLive(
      connection,
      {
        onReady: () => {
          fetchState().catch((error: unknown) => finish(() => reject(error)));
        },
        onChanges: (changes) => {
          for (const change of changes) if (isOf(change, run)) update(change.run);
        },
        onEvents: (of, events) => {
          if (of !== run) return;
          deliver(events);
          endWhenComplete();
        },
        onFatal: (error) => finish(() => reject(error)),
      },
      random,
    );
    live.watch(run, after);
    signal?.addEventListener("abort", () => {
      const last = latest;
      finish(() => (last === null ? reject(new Error("stopped before the run was seen")) : resolve(last)));
    });
  });
}

function isOf(change: Change, run: string): change is Extract<Change, { type: "run" }> {
  return change.type === "run" && change.run.id === run;
}
