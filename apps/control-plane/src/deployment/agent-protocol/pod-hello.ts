/**
 * Handles the hello of a pod, which came with an attempt token: the pod becomes the holder of the attempt's lease instead of its launcher.
 * A pod whose attempt is over, or runs in another pod, is told so and ends.
 */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { decideHandOver, type HandOver, type HandOverDecision } from "@headgate/shared/domain/run/hand-over.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { AttemptRef } from "@headgate/shared/protocol/attempt.ts";
import { deleteGonePod, readAgent, saveAgent } from "../agents/agent-store.ts";
import type { AgentRow } from "../agents/tables.ts";
import type { Tx } from "../kernel/tx.ts";
import { closeAssets } from "../runs/execute/record-outcome.ts";
import { failStep } from "../runs/execute/step-moves.ts";
import { startTimeLimit } from "../runs/execute/time-limit.ts";
import { updateStep } from "../runs/step-store.ts";
import type { StepRow } from "../runs/tables.ts";
import { agreeOnProtocol, hashOf, type HelloInput, missedFrames, welcome } from "./agent-hello.ts";
import { attemptOf, isOpenAttempt, type OpenAttempt } from "./own-attempt.ts";

type PodHello = HelloInput & { readonly attempt: AttemptRef };

export function podHello(tx: Tx, input: PodHello): void {
  const protocol = agreeOnProtocol(tx, input);
  if (protocol === null) return;
  const { attempt, hello } = input;
  const known = readAgent(tx.db, hello.instance);
  if (known && !isSamePod(known, input)) {
    refusePod(tx, input.socket, `Agent instance ${hello.instance} is another process. A pod makes its own instance.`);
    return;
  }
  const found = attemptOf(tx, attempt);
  const decision: HandOverDecision = found ? decideHandOver(situation(tx, found.step, input)) : "over";
  switch (decision) {
    case "take":
    case "resume":
      if (found) admit(tx, found, { ...input, protocol, known });
      return;
    case "lose":
      if (found) loseAttempt(tx, found);
      refusePod(
        tx,
        input.socket,
        `Another pod of attempt ${attempt.epoch} of '${attempt.step}' had started and is gone; the step is tried again in a new pod.`,
      );
      return;
    case "taken":
      refusePod(tx, input.socket, `Attempt ${attempt.epoch} of '${attempt.step}' already runs elsewhere; this pod is not needed.`);
      return;
    case "over":
      refusePod(
        tx,
        input.socket,
        `Attempt ${attempt.epoch} of '${attempt.step}' in run ${attempt.run} is over; this pod is not needed any more.`,
      );
      return;
    default:
      assertNever(decision);
  }
}

/** A known instance belongs to the pod that made it: its attempt and its secret are the same. */
function isSamePod({ podOf, keyHash }: AgentRow, { attempt, hello }: PodHello): boolean {
  return (
    podOf !== null &&
    podOf.run === attempt.run &&
    podOf.step === attempt.step &&
    podOf.epoch === attempt.epoch &&
    keyHash === keyHashOf(hello)
  );
}

function keyHashOf({ key }: HelloInput["hello"]): string | null {
  return key === undefined ? null : hashOf(key);
}

function situation(tx: Tx, step: StepRow, { attempt, hello }: PodHello): HandOver {
  const holder = step.agent === null ? null : readAgent(tx.db, step.agent);
  const ofOther = holder?.podOf ? (holder.status === "disconnected" ? "pod_gone" : "pod_connected") : "launcher";
  return {
    status: step.status,
    isCurrent: isOpenAttempt(step, attempt),
    holder: step.agent === hello.instance ? "this_pod" : ofOther,
  };
}

/** The pod ends: nothing that it could say would be stored. */
function refusePod(tx: Tx, socket: string, message: string): void {
  tx.effects.push(
    { type: "send", socket, frame: { t: "error", code: "conflict", message } },
    { type: "close", socket, code: CLOSE.replaced, reason: "the pod is not needed" },
  );
}

function loseAttempt(tx: Tx, { session, step }: OpenAttempt): void {
  const failure = { kind: "agent_lost", message: `The pod that ran '${step.key}' was replaced by another one.` } as const;
  closeAssets(tx, session, { step, failure });
  failStep(tx, session, { step, failure, retryable: true, lost: true });
  tx.fact({ type: "work_available" });
}

function admit(tx: Tx, { step }: OpenAttempt, pod: PodHello & { readonly protocol: number; readonly known: AgentRow | null }): void {
  const { hello, socket, known } = pod;
  if (known?.socket && known.socket !== socket)
    tx.effects.push({ type: "close", socket: known.socket, code: CLOSE.replaced, reason: "the same pod connected again" });
  saveAgent(tx.db, podRow(tx, pod));
  if (step.agent !== hello.instance) handOver(tx, step, hello.instance);
  const received = known?.received ?? 0;
  const frame = {
    ...welcome(tx, { hello, protocol: pod.protocol, received }),
    locations: [{ location: step.location, version: step.version }],
  };
  for (const each of [frame, ...missedFrames(tx, hello)]) tx.effects.push({ type: "send", socket, frame: each });
}

function podRow(tx: Tx, { hello, socket, token, tokenName, known, attempt }: PodHello & { readonly known: AgentRow | null }): AgentRow {
  return {
    instance: hello.instance,
    token,
    tokenName,
    hostname: hello.hostname,
    version: hello.agentVersion,
    queue: hello.queue,
    slots: 0,
    status: "connected",
    socket,
    connectedAt: tx.now,
    lastSeenAt: tx.now,
    received: known?.received ?? 0,
    labels: hello.labels,
    locations: hello.locations,
    keyHash: keyHashOf(hello),
    podOf: attempt,
  };
}

/** The step's time limit begins, because the pod is there. The epoch stays, so what the job frame says stays true. */
function handOver(tx: Tx, step: StepRow, pod: string): void {
  const before = step.agent === null ? null : readAgent(tx.db, step.agent);
  const row = { ...step, agent: pod, launcher: step.launcher ?? step.agent, podWaits: null };
  updateStep(tx.db, row);
  startTimeLimit(tx, row);
  tx.fact({ type: "step_changed", run: row.runNo, position: row.position });
  if (row.launcher !== null) tx.fact({ type: "agent_changed", instance: row.launcher });
  if (before?.podOf) dismiss(tx, before);
}

/** Another pod of the same attempt that had not started. */
function dismiss(tx: Tx, pod: AgentRow): void {
  if (pod.socket !== null) refusePod(tx, pod.socket, "A newer pod of the same attempt has connected; this pod is not needed any more.");
  saveAgent(tx.db, { ...pod, status: "disconnected", socket: null });
  deleteGonePod(tx.db, pod.instance);
}
