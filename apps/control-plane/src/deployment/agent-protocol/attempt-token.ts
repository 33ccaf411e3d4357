/** Grants and checks tokens of single attempts. The key that signs them is made on first use and never leaves the deployment. */
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { AttemptRef, AttemptTokenAnswer } from "@headgate/shared/protocol/attempt.ts";
import { readAgent } from "../agents/agent-store.ts";
import {
  type AttemptAccess,
  type AttemptClaims,
  base64Url,
  fromBase64Url,
  isSignedWith,
  readClaims,
  signAttemptToken,
} from "../kernel/attempt-token.ts";
import type { Database } from "../kernel/database.ts";
import { readIdentity, readMeta, writeMeta } from "../kernel/meta-store.ts";
import { clearTimer } from "../kernel/timer-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { timerIdOf } from "../runs/execute/step-moves.ts";
import { readRun } from "../runs/run-store.ts";
import { readStep, updateStep } from "../runs/step-store.ts";
import type { StepRow } from "../runs/tables.ts";
import { openAttemptOfToken } from "./own-attempt.ts";

const HOUR_MS = 3_600_000;
/** For steps without a time limit. A pod asks for the next token before this one ends. */
const LIFETIME_MS = 24 * HOUR_MS;
/** A step's time limit counts from the start of its pod, and output arrives after its end. */
const MARGIN_MS = 2 * HOUR_MS;
const KEY = "attempt_key";

/**
 * The step must be leased to a connected agent with the same token, or to its pod. With the first token the agent becomes the step's
 * launcher: the pod's start may take longer than the step's own time limit, which begins when the pod connects.
 */
export function grantAttemptToken(tx: Tx, input: { readonly ref: AttemptRef; readonly token: string }): Result<AttemptTokenAnswer> {
  const { ref, token } = input;
  const deployment = readIdentity(tx.db)?.id;
  if (deployment === undefined) return refuse("unavailable", "The deployment does not know its own name yet; try again.");
  const found = openAttemptOfToken(tx, ref, token);
  if (!found.ok) return found;
  if (!found.value)
    return refuse("conflict", `Attempt ${ref.epoch} of '${ref.step}' in run ${ref.run} is over or unknown; start no pod for it.`);
  const { step } = found.value;
  if (!isConnected(tx.db, step.agent, token) && !isConnected(tx.db, step.launcher, token))
    return refuse("conflict", `'${step.key}' is not leased to a connected agent with this token; connect the agent first.`);
  if (step.launcher === null) {
    if (step.status === "running")
      return refuse("conflict", `'${step.key}' already runs on its agent, so no pod may start it a second time.`);
    becomeLauncher(tx, step);
  }
  const lifetime = step.timeoutSeconds === null ? LIFETIME_MS : step.timeoutSeconds * 1000 + MARGIN_MS;
  const expiresAt = Math.round(tx.now + lifetime);
  const claims = { run: ref.run, step: ref.step, epoch: ref.epoch, deployment, attempt: step.attempt, token, expiresAt };
  return ok({ token: signAttemptToken(claims, keyOf(tx)), expiresAt });
}

function becomeLauncher(tx: Tx, step: StepRow): void {
  updateStep(tx.db, { ...step, launcher: step.agent });
  if (step.agent !== null) tx.fact({ type: "agent_changed", instance: step.agent });
  clearTimer(tx.db, "step_timeout", timerIdOf(step));
  tx.effects.push({ type: "timers_changed" });
}

function isConnected(db: Database, instance: string | null, token: string): boolean {
  const row = instance === null ? null : readAgent(db, instance);
  return row !== null && row.status !== "disconnected" && row.token === token;
}

function keyOf(tx: Tx): Uint8Array {
  const known = knownKey(tx.db);
  if (known) return known;
  const key = tx.randomBytes(32);
  writeMeta(tx.db, KEY, base64Url(key));
  return key;
}

function knownKey(db: Database): Uint8Array | null {
  const text = readMeta(db, KEY);
  return text === null ? null : fromBase64Url(text);
}

/** Says whether the deployment has signed the token for one of its steps. It may be of an older attempt; `hello` looks at that. */
export function checkAttemptToken(at: { readonly db: Database; readonly now: number }, text: string): Result<AttemptAccess> {
  const claims = readClaims(text);
  const key = knownKey(at.db);
  if (!claims || !key || !isSignedWith(text, key) || claims.deployment !== readIdentity(at.db)?.id)
    return refuse("unauthenticated", "This attempt token was not made by this deployment.");
  if (claims.expiresAt <= at.now)
    return refuse("unauthenticated", `This attempt token is expired; ask for another one for '${claims.step}'.`);
  return accessOf(at.db, claims);
}

function accessOf(db: Database, { run, step, epoch, attempt }: AttemptClaims): Result<AttemptAccess> {
  const row = readRun(db, run);
  const found = row && readStep(db, row.no, step);
  if (!found) return refuse("unauthenticated", `The attempt token is for '${step}' in run ${run}, which does not exist any more.`);
  return ok({ run, step, epoch, attempt, location: found.location, version: found.version });
}
