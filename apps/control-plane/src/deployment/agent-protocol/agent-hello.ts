/**
 * Handles an agent's hello, on the first connection and on each reconnect. The attempts that the agent runs are compared with the rows:
 * attempts that it must not run are dropped, and leased attempts that it does not know are sent again with the same epoch.
 */
import { createHash } from "node:crypto";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { DownFrame } from "@headgate/shared/protocol/down.ts";
import type { AttemptRef } from "@headgate/shared/protocol/attempt.ts";
import { type Hello, MAX_RUNNING } from "@headgate/shared/protocol/up.ts";
import { PROTOCOL_OLDEST_SUPPORTED, PROTOCOL_VERSION } from "@headgate/shared/protocol/version.ts";
import { deleteAgentsSeenBefore, deleteIdleAgents, othersOfToken, readAgent, saveAgent } from "../agents/agent-store.ts";
import { readIdentity } from "../kernel/meta-store.ts";
import { queuedRunNos } from "../runs/run-store.ts";
import { leasesOf, podsOf, readStep, updateStep } from "../runs/step-store.ts";
import { changeToken, wasAssignedTo } from "../runs/attempt-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { cancelFrame } from "../runs/execute/cancel-run.ts";
import { jobFrame } from "../runs/execute/job-frame.ts";
import { openRun } from "../runs/run-session.ts";
import { attemptOf, isOpenAttempt } from "./own-attempt.ts";
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
  const protocol = agreeOnProtocol(tx, input);
  if (protocol === null) return;
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
    podOf: null,
  });
  adoptPods(tx, hello, input.token);
  if (isRotated) giveAttempts(tx, hello, { from: known.token, to: input.token });
  for (const instance of deleteAgentsSeenBefore(tx.db, tx.now - FORGET_AFTER_MS)) tx.fact({ type: "agent_gone", instance });
  tx.fact({ type: "agent_changed", instance: hello.instance });
  tx.effects.push({ type: "send", socket, frame: welcome(tx, { ...input, protocol, received: known?.received ?? 0 }) });
  for (const frame of [...missedFrames(tx, hello), ...missedTicks(tx, hello.instance)]) tx.effects.push({ type: "send", socket, frame });
  waitingMayHaveChanged(tx);
  tx.fact({ type: "agent_connected", instance: hello.instance });
  tx.fact({ type: "work_available" });
}

/** Null, and refused, if the two have no version in common. */
export function agreeOnProtocol(tx: Tx, { hello, socket }: Pick<HelloInput, "hello" | "socket">): number | null {
  const protocol = Math.min(PROTOCOL_VERSION, hello.protocol.max);
  if (protocol >= Math.max(PROTOCOL_OLDEST_SUPPORTED, hello.protocol.min)) return protocol;
  const message = `This control plane speaks agent protocol ${PROTOCOL_OLDEST_SUPPORTED} to ${PROTOCOL_VERSION}; agent ${hello.agentVersion} speaks ${hello.protocol.min} to ${hello.protocol.max}. Upgrade the older of the two.`;
  tx.effects.push(
    { type: "send", socket, frame: { t: "error", code: "unsupported_version", message } },
    { type: "close", socket, code: CLOSE.upgradeRequired, reason: "upgrade required" },
  );
  return null;
}

/** An agent names pods that it cares for. If their launcher is gone, it becomes their launcher, and they occupy its slots. */
function adoptPods(tx: Tx, hello: Hello, token: string): void {
  for (const ref of hello.running) {
    const found = attemptOf(tx, ref);
    if (!found || !isOpenAttempt(found.step, ref) || found.step.launcher === null || found.step.launcher === hello.instance) continue;
    const { step } = found;
    const launcher = readAgent(tx.db, found.step.launcher);
    if (launcher && launcher.status !== "disconnected") continue;
    const { runNo, position, attempt } = step;
    if (step.agent === step.launcher || !wasAssignedTo(tx.db, { runNo, position, attempt, token })) continue;
    updateStep(tx.db, { ...step, launcher: hello.instance });
    if (launcher) tx.fact({ type: "agent_changed", instance: launcher.instance });
  }
}

/** The agent has another token than when it got its attempts; their output comes with the new one. */
function giveAttempts(tx: Tx, hello: Hello, tokens: { readonly from: string; readonly to: string }): void {
  for (const ref of [...hello.running, ...hello.unacknowledged]) {
    const step = attemptOf(tx, ref)?.step;
    if (step && (step.agent === hello.instance || step.launcher === hello.instance))
      changeToken(tx.db, { runNo: step.runNo, position: step.position, attempt: step.attempt, ...tokens });
  }
}

export function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

type Welcome = Extract<DownFrame, { t: "welcome" }>;

export function welcome(tx: Tx, input: Pick<HelloInput, "hello"> & { readonly protocol: number; readonly received: number }): Welcome {
  const identity = readIdentity(tx.db);
  return {
    t: "welcome",
    protocol: input.protocol,
    serverTime: tx.now,
    agent: input.hello.instance,
    deployment: { org: identity?.org ?? "", name: identity?.name ?? "" },
    received: input.received,
    drop: input.hello.running.filter((ref) => !isTheirs(tx, ref, input.hello.instance)),
    locations: catalogOf(tx).versions.map((version) => ({ location: version.location, version: version.id })),
  };
}

/** The agent holds the lease of the attempt, or is the launcher of the pod that does. */
function isTheirs(tx: Tx, ref: AttemptRef, instance: string): boolean {
  const step = attemptOf(tx, ref)?.step;
  return step !== undefined && isOpenAttempt(step, ref) && (step.agent === instance || step.launcher === instance);
}

/** Frames that may have been lost: jobs that the agent does not know, and all cancellations. */
export function missedFrames(tx: Tx, hello: Hello): DownFrame[] {
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
  for (const pod of podsOf(tx.db, hello.instance, MAX_RUNNING)) {
    if (pod.agent === hello.instance) continue;
    const found = attemptOf(tx, { run: pod.run, step: pod.key });
    if (found?.session.row.status === "canceling") frames.push(cancelFrame(found.session.row, found.step));
  }
  return frames;
}

/** The reason why a queued run waits depends on the connected agents. */
export function waitingMayHaveChanged(tx: Tx): void {
  for (const run of queuedRunNos(tx.db, 100)) tx.fact({ type: "run_changed", run });
}
