/** Launches a run for a person or a program. */
import type { z } from "zod";
import type { launchSchema } from "@headgate/shared/contract/runs/launch.ts";
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import type { RunCause } from "@headgate/shared/contract/runs/run-views.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import type { Tx } from "../../kernel/tx.ts";
import { launchRun, runOfRequest } from "./create-run.ts";
import { resolveLaunch } from "./resolve-target.ts";

/** Returns the number of the run. */
export function launch(tx: Tx, input: z.output<typeof launchSchema>, actor: Actor): Result<number> {
  const { target, requestId, ...given } = input;
  // Checked first: a repeated request returns the run of the first call, even if the definitions have changed since.
  const earlier = runOfRequest(tx, requestId);
  if (earlier !== null) return ok(earlier);
  const resolved = resolveLaunch(tx, target);
  if (!resolved.ok) return resolved;
  return launchRun(tx, {
    resolved: resolved.value,
    trigger: triggerOf(actor),
    given,
    parent: null,
    requestId,
  });
}

function triggerOf(actor: Actor): RunCause {
  return actor.kind === "user" ? { type: "person", user: actor.name } : { type: "token", name: actor.name };
}
