/** What an agent that starts a pod for each attempt (a launcher) asks over HTTP: a token for the pod, and its word about the pod's end and waits. */
import { z } from "zod";
import { failureSchema } from "./step-event.ts";

/** One attempt of a step, as every frame names it. */
export const attemptRefSchema = z.object({ run: z.string().max(100), step: z.string().min(1).max(1000), epoch: z.number().int().min(0) });
export type AttemptRef = z.infer<typeof attemptRefSchema>;

/** Answer of POST /agent/v1/attempt-token. */
export interface AttemptTokenAnswer {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Body of POST /agent/v1/attempt-end. */
export const attemptEndSchema = z.union([
  z.object({ ...attemptRefSchema.shape, outcome: z.literal("canceled") }),
  z.object({
    ...attemptRefSchema.shape,
    outcome: z.literal("failed").default("failed"),
    failure: failureSchema,
    /** False when trying again cannot help. */
    retryable: z.boolean(),
    /** The cluster took the pod away (eviction, preemption, node loss); user code is not the cause. */
    infrastructure: z.boolean().default(false),
  }),
]);
export type AttemptEnd = z.infer<typeof attemptEndSchema>;

/** Answer of POST /agent/v1/attempt-end. */
export interface AttemptEndAnswer {
  /** The attempt was still open, and this call ended it. */
  readonly open: boolean;
}

/** Body of POST /agent/v1/attempt-waits. `reason` is a sentence without its full stop, such as `no node fits: 0/3 nodes are available`. */
export const attemptWaitsSchema = z.object({ ...attemptRefSchema.shape, reason: z.string().min(1).max(2_000) });
export type AttemptWaits = z.infer<typeof attemptWaitsSchema>;

/** Answer of POST /agent/v1/attempt-waits. */
export interface AttemptWaitsAnswer {
  /** False when the attempt has started or ended, so that its pod no longer waits. */
  readonly open: boolean;
}
