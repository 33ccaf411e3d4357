/**
 * How much one credential may ask: a bucket of calls for each token and session, in the memory of the Worker. Without it one viewer in a
 * loop would keep a deployment busy for everyone else.
 */
import { AppError } from "@headgate/shared/domain/errors.ts";
import { type Rate, TokenBuckets } from "@headgate/shared/net/token-buckets.ts";
import type { Principal } from "../app-env.ts";
import { credentialId } from "./credential-id.ts";

/** Each call of a batch counts. A dashboard or program may fetch a lot at once, and then a few calls per second. */
export const CALL_RATE: Rate = { burst: 2_000, perSecond: 40 };
/** An agent uploads output of all its steps and fetches its code. */
const AGENT_RATE: Rate = { burst: 5_000, perSecond: 200 };

/** All pods of one agent token together. Counted before the deployment checks their signatures, so that wrong ones do not keep it busy. */
export const POD_RATE: Rate = { burst: 20_000, perSecond: 500 };

const calls = new TokenBuckets(CALL_RATE);
const ofAgents = new TokenBuckets(AGENT_RATE);
const ofPods = new TokenBuckets(POD_RATE);

/** Throws `rate_limited` if this credential has no call left. */
export function countCalls(principal: Principal, now: number, count = 1): void {
  const taken = (principal.kind === "agent" ? ofAgents : calls).take(credentialId(principal), now, count);
  if (!taken.ok) throw tooMany(`this ${whatOf(principal)} sends`, taken.retryAfterSeconds);
}

/** `token` is the id of the agent token that the pods' tokens were made with. */
export function countPodCalls(token: string, now: number, count = 1): void {
  const taken = ofPods.take(token, now, count);
  if (!taken.ok) throw tooMany("the pods of this agent token send", taken.retryAfterSeconds);
}

function tooMany(who: string, retryAfterSeconds: number): AppError {
  return new AppError("rate_limited", `${who} too many requests; try again in ${retryAfterSeconds} seconds`, {
    details: { retryAfterSeconds },
  });
}

function whatOf(principal: Principal): string {
  return principal.kind === "session" ? "session" : "token";
}
