/** The three things that an agent says about an attempt whose pod reports for itself. All may be said twice. */
import { z } from "zod";
import type { Failure } from "@headgate/shared/domain/run/failure.ts";
import type { StepRef } from "../../step-ref.ts";
import type { ControlPlaneHttp } from "../../versions/control-plane-http.ts";

const tokenSchema = z.object({ token: z.string() });
const endSchema = z.object({ open: z.boolean() });

/** How an attempt ended that its pod could not report. */
export type AttemptEnd =
  | { readonly outcome: "canceled" }
  | { readonly outcome: "failed"; readonly failure: Failure; readonly retryable: boolean; readonly infrastructure: boolean };

export interface AttemptCalls {
  /** A token that is good for this attempt alone. It fails with `not_found` or `conflict` when the attempt is not this agent's any more. */
  token(ref: StepRef): Promise<string>;
  /** True when the attempt was open until now. */
  end(ref: StepRef, end: AttemptEnd): Promise<boolean>;
  /** Why the pod waits, for people who look at the run. */
  waits(ref: StepRef, reason: string): Promise<void>;
}

export function attemptCalls(http: ControlPlaneHttp): AttemptCalls {
  const post = async (path: string, body: unknown): Promise<unknown> =>
    await http.retrying(async () => await (await http.post(path, body)).json());
  return {
    token: async ({ run, step, epoch }) => tokenSchema.parse(await post("/agent/v1/attempt-token", { run, step, epoch })).token,
    end: async ({ run, step, epoch }, end) => endSchema.parse(await post("/agent/v1/attempt-end", { run, step, epoch, ...end })).open,
    waits: async ({ run, step, epoch }, reason) => {
      await post("/agent/v1/attempt-waits", { run, step, epoch, reason });
    },
  };
}
