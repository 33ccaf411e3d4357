/**
 * An agent process introduces itself, for the first time or again after its connection broke. What it says it runs is compared with the
 * rows: attempts it must not run are dropped, attempts it should run but does not know of are sent again with the same epoch.
 */
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { DownFrame } from "@headgate/shared/protocol/down.ts";
import type { Hello } from "@headgate/shared/protocol/up.ts";
import { PROTOCOL_OLDEST_SUPPORTED, PROTOCOL_VERSION } from "@headgate/shared/protocol/version.ts";
import { deleteAgentsSeenBefore, readAgent, saveAgent } from "../agents/agent-store.ts";
import { readIdentity } from "../kernel/meta-store.ts";
import { queuedRunNos } from "../runs/run-store.ts";
import { leasesOf, readStep } from "../runs/step-store.ts";
import type { Turn } from "../kernel/tx.ts";
import { cancelFrame } from "../runs/execute/cancel-run.ts";
import { dispatch } from "../queue/dispatch.ts";
import { jobFrame } from "../runs/execute/job-frame.ts";
import { openRun, openRunById } from "../runs/run-session.ts";
import { missedTicks, startWaiting } from "../ticks/evaluate-tick.ts";
import { resumeSensors } from "../sensors/sensor-ticks.ts";

const FORGET_AFTER_MS = 7 * 86_400_000;

export interface HelloInput {
  readonly hello: Hello;
  readonly socket: string;
  readonly token: string;
  readonly tokenName: string;
}

export function agentHello(turn: Turn, input: HelloInput): void {
  const { hello, socket } = input;
  const protocol = Math.min(PROTOCOL_VERSION, hello.protocol.max);
  if (protocol < Math.max(PROTOCOL_OLDEST_SUPPORTED, hello.protocol.min)) {
    const message = `This control plane speaks agent protocol ${PROTOCOL_OLDEST_SUPPORTED} to ${PROTOCOL_VERSION}; agent ${hello.agentVersion} speaks ${hello.protocol.min} to ${hello.protocol.max}. Upgrade the older of the two.`;
    turn.effects.push(
      { type: "send", socket, frame: { t: "error", code: "unsupported_version", message } },
      { type: "close", socket, code: CLOSE.upgradeRequired, reason: "upgrade required" },
    );
    return;
  }
  const known = readAgent(turn.db, hello.instance);
  if (known && known.token !== input.token) {
    turn.effects.push(
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
  if (known?.socket && known.socket !== socket)
    turn.effects.push({ type: "close", socket: known.socket, code: CLOSE.replaced, reason: "the same agent process connected again" });
  saveAgent(turn.db, {
    instance: hello.instance,
    token: input.token,
    tokenName: input.tokenName,
    hostname: hello.hostname,
    version: hello.agentVersion,
    queue: hello.queue,
    slots: hello.slots,
    status: "connected",
    socket,
    connectedAt: turn.now,
    lastSeenAt: turn.now,
    received: known?.received ?? 0,
    labels: hello.labels,
    locations: hello.locations,
  });
  for (const instance of deleteAgentsSeenBefore(turn.db, turn.now - FORGET_AFTER_MS)) turn.effects.push({ type: "agent_gone", instance });
  turn.effects.push(
    { type: "agent_changed", instance: hello.instance },
    { type: "send", socket, frame: welcome(turn, { ...input, protocol, received: known?.received ?? 0 }) },
  );
  for (const frame of [...missedFrames(turn, hello), ...missedTicks(turn, hello.instance)])
    turn.effects.push({ type: "send", socket, frame });
  waitingMayHaveChanged(turn);
  startWaiting(turn);
  resumeSensors(turn);
  dispatch(turn);
}

function welcome(turn: Turn, input: HelloInput & { readonly protocol: number; readonly received: number }): DownFrame {
  const identity = readIdentity(turn.db);
  return {
    t: "welcome",
    protocol: input.protocol,
    serverTime: turn.now,
    agent: input.hello.instance,
    deployment: { org: identity?.org ?? "", name: identity?.name ?? "" },
    received: input.received,
    drop: input.hello.running.filter((ref) => !isLeased(turn, { ...ref, instance: input.hello.instance })),
    locations: turn.catalog().versions.map((version) => ({ location: version.location, version: version.id })),
  };
}

function isLeased(
  turn: Turn,
  ref: { readonly run: string; readonly step: string; readonly epoch: number; readonly instance: string },
): boolean {
  const session = openRunById(turn, ref.run);
  const step = session && readStep(turn.db, session.row.no, ref.step);
  return (
    step !== null &&
    step !== undefined &&
    (step.status === "assigned" || step.status === "running") &&
    step.agent === ref.instance &&
    step.epoch === ref.epoch
  );
}

/** Jobs that got lost on the way, and cancellations that may have been. */
function missedFrames(turn: Turn, hello: Hello): DownFrame[] {
  const has = new Set([...hello.running, ...hello.unacknowledged].map((ref) => `${ref.run}/${ref.epoch}/${ref.step}`));
  const frames: DownFrame[] = [];
  for (const lease of leasesOf(turn.db, hello.instance)) {
    const session = openRun(turn, lease.runNo);
    const step = session && readStep(turn.db, lease.runNo, lease.key);
    if (!session || !step) continue;
    const isKnown = has.has(`${session.row.id}/${lease.epoch}/${lease.key}`);
    if (!isKnown) frames.push(jobFrame(turn, session.row, step));
    if (session.row.status === "canceling") frames.push(cancelFrame(session.row, step));
  }
  return frames;
}

/** What queued runs wait for depends on whether an agent is there. */
export function waitingMayHaveChanged(turn: Turn): void {
  for (const run of queuedRunNos(turn.db, 100)) turn.effects.push({ type: "run_changed", run });
}
