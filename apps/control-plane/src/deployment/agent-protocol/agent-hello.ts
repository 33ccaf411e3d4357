/**
 * Handles an agent's hello, on the first connection and on each reconnect. The attempts that the agent runs are compared with the rows:
 * attempts that it must not run are dropped, and leased attempts that it does not know are sent again with the same epoch.
 */
import { createHash } from "node:crypto";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { DownFrame } from "@headgate/shared/protocol/down.ts";
import type { Hello } from "@headgate/shared/protocol/up.ts";
import { PROTOCOL_OLDEST_SUPPORTED, PROTOCOL_VERSION } from "@headgate/shared/protocol/version.ts";
import { deleteAgentsSeenBefore, deleteIdleAgents, othersOfToken, readAgent, saveAgent } from "../agents/agent-store.ts";
import { readIdentity } from "../kernel/meta-store.ts";
import { queuedRunNos } from "../runs/run-store.ts";
import { leasesOf, readStep } from "../runs/step-store.ts";
import { changeToken } from "../runs/attempt-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { cancelFrame } from "../runs/execute/cancel-run.ts";
import { jobFrame } from "../runs/execute/job-frame.ts";
import { openRun, openRunById } from "../runs/run-session.ts";
import { missedTicks } from "../ticks/evaluate-tick.ts";
import { catalogOf } from "../catalog/catalog.ts";

const FORGET_AFTER_MS = 7 * 86_400_000;
/** The most agents that may be connected with one token. */
export const MAX_LIVE_INSTANCES = 50;
/** How many agents of one token that left are remembered. */
const MAX_GONE_INSTANCES = 200;

export interface HelloInput {
  readonly hello: Hello;
  readonly socket: string;
  readonly token: string;
  readonly tokenName: string;
}

export function agentHello(tx: Tx, input: HelloInput): void {
  const { hello, socket } = input;
  const protocol = Math.min(PROTOCOL_VERSION, hello.protocol.max);
  if (protocol < Math.max(PROTOCOL_OLDEST_SUPPORTED, hello.protocol.min)) {
    const message = `This control plane speaks agent protocol ${PROTOCOL_OLDEST_SUPPORTED} to ${PROTOCOL_VERSION}; agent ${hello.agentVersion} speaks ${hello.protocol.min} to ${hello.protocol.max}. Upgrade the older of the two.`;
    tx.effects.push(
      { type: "send", socket, frame: { t: "error", code: "unsupported_version", message } },
      { type: "close", socket, code: CLOSE.upgradeRequired, reason: "upgrade required" },
    );
    return;
  }
  const known = readAgent(tx.db, hello.instance);
  const keyHash = hello.key === undefined ? null : hashOf(hello.key);
  const isRotated = known !== null && known.token !== input.token;
  if (isRotated && (keyHash === null || keyHash !== known.keyHash)) {
    tx.effects.push(
      {
        type: "send",
        socket,
        frame: {
          t: "error",
          code: "forbidden",
          message: `Agent instance ${hello.instance} belongs to another token. Restart the agent so that it makes a new instance.`,
        },
      },
      { type: "close", socket, code: CLOSE.revoked, reason: "instance of another token" },
    );
    return;
  }
  const others = othersOfToken(tx.db, { token: input.token, instance: hello.instance });
  // An agent that still has steps may always come back.
  if (others.online >= MAX_LIVE_INSTANCES && leasesOf(tx.db, hello.instance).length === 0) {
    const message = `${MAX_LIVE_INSTANCES} agents are connected with this token, and that is the limit. Give further agents another token.`;
    tx.effects.push(
      { type: "send", socket, frame: { t: "error", code: "rate_limited", message } },
      { type: "close", socket, code: CLOSE.slowDown, reason: "too many agents with this token" },
    );
    return;
  }
  const forgotten = deleteIdleAgents(tx.db, others.gone.slice(MAX_GONE_INSTANCES));
  for (const instance of forgotten) tx.fact({ type: "agent_gone", instance });
  if (known?.socket && known.socket !== socket)
    tx.effects.push({ type: "close", socket: known.socket, code: CLOSE.replaced, reason: "the same agent process connected again" });
  saveAgent(tx.db, {
    instance: hello.instance,
    token: input.token,
    tokenName: input.tokenName,
    hostname: hello.hostname,
    version: hello.agentVersion,
    queue: hello.queue,
    slots: hello.slots,
    status: "connected",
    socket,
    connectedAt: tx.now,
    lastSeenAt: tx.now,
    received: known?.received ?? 0,
    labels: hello.labels,
    locations: hello.locations,
    keyHash,
  });
  if (isRotated) giveAttempts(tx, hello, { from: known.token, to: input.token });
  for (const instance of deleteAgentsSeenBefore(tx.db, tx.now - FORGET_AFTER_MS)) tx.fact({ type: "agent_gone", instance });
  tx.fact({ type: "agent_changed", instance: hello.instance });
  tx.effects.push({ type: "send", socket, frame: welcome(tx, { ...input, protocol, received: known?.received ?? 0 }) });
  for (const frame of [...missedFrames(tx, hello), ...missedTicks(tx, hello.instance)]) tx.effects.push({ type: "send", socket, frame });
  waitingMayHaveChanged(tx);
  tx.fact({ type: "agent_connected", instance: hello.instance });
  tx.fact({ type: "work_available" });
}

/** The agent has another token than when it got its attempts; their output comes with the new one. */
function giveAttempts(tx: Tx, hello: Hello, tokens: { readonly from: string; readonly to: string }): void {
  for (const ref of [...hello.running, ...hello.unacknowledged]) {
    const session = openRunById(tx, ref.run);
    const step = session && readStep(tx.db, session.row.no, ref.step);
    if (session && step?.agent === hello.instance)
      changeToken(tx.db, { runNo: session.row.no, position: step.position, attempt: step.attempt, ...tokens });
  }
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

function welcome(tx: Tx, input: HelloInput & { readonly protocol: number; readonly received: number }): DownFrame {
  const identity = readIdentity(tx.db);
  return {
    t: "welcome",
    protocol: input.protocol,
    serverTime: tx.now,
    agent: input.hello.instance,
    deployment: { org: identity?.org ?? "", name: identity?.name ?? "" },
    received: input.received,
    drop: input.hello.running.filter((ref) => !isLeased(tx, { ...ref, instance: input.hello.instance })),
    locations: catalogOf(tx).versions.map((version) => ({ location: version.location, version: version.id })),
  };
}

function isLeased(
  tx: Tx,
  ref: { readonly run: string; readonly step: string; readonly epoch: number; readonly instance: string },
): boolean {
  const session = openRunById(tx, ref.run);
  const step = session && readStep(tx.db, session.row.no, ref.step);
  return (
    step !== null &&
    step !== undefined &&
    (step.status === "assigned" || step.status === "running") &&
    step.agent === ref.instance &&
    step.epoch === ref.epoch
  );
}

/** Frames that may have been lost: jobs that the agent does not know, and all cancellations. */
function missedFrames(tx: Tx, hello: Hello): DownFrame[] {
  const has = new Set([...hello.running, ...hello.unacknowledged].map((ref) => `${ref.run}/${ref.epoch}/${ref.step}`));
  const frames: DownFrame[] = [];
  for (const lease of leasesOf(tx.db, hello.instance)) {
    const session = openRun(tx, lease.runNo);
    const step = session && readStep(tx.db, lease.runNo, lease.key);
    if (!session || !step) continue;
    const isKnown = has.has(`${session.row.id}/${lease.epoch}/${lease.key}`);
    if (!isKnown) frames.push(jobFrame(tx, session.row, step));
    if (session.row.status === "canceling") frames.push(cancelFrame(session.row, step));
  }
  return frames;
}

/** The reason why a queued run waits depends on the connected agents. */
export function waitingMayHaveChanged(tx: Tx): void {
  for (const run of queuedRunNos(tx.db, 100)) tx.fact({ type: "run_changed", run });
}
