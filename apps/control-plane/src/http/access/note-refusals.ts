/**
 * Notes refused sign-ins and refused rights in the audit log, so that attempts can be seen. Bounded for each credential and address, because
 * a flood of them must not fill the directory.
 */
import type { AppError } from "@headgate/shared/domain/errors.ts";
import { type Rate, TokenBuckets } from "@headgate/shared/net/token-buckets.ts";
import { type AuditActor, writeAudit } from "../../directory/audit.ts";
import type { AppContext } from "../app-env.ts";
import { appErrorOf } from "../errors.ts";
import { logFailure } from "../log-failure.ts";
import { auditActor, networkAddress } from "./audit-actor.ts";

const NOTE_RATE: Rate = { burst: 20, perSecond: 1 / 60 };
const notes = new TokenBuckets(NOTE_RATE);
const MAX_TARGET = 500;

/** Notes the error if it refuses a credential that was shown, or a right. `what` is what was asked for. */
export function noteRefusal(c: AppContext, error: AppError, what: string): void {
  if (error.code === "forbidden") note(c, "access.refuse", { what, why: error.message });
  else if (error.code === "unauthenticated" && c.req.header("authorization") !== undefined) noteRefusedSignIn(c, what, error.message);
}

export function noteRefusedSignIn(c: AppContext, what: string, why?: string): void {
  note(c, "sign_in.refuse", { what, why });
}

function note(c: AppContext, action: string, about: { readonly what: string; readonly why: string | undefined }): void {
  const principal = c.get("principal");
  const actor: AuditActor = principal
    ? auditActor(c, principal)
    : { kind: "unknown", id: null, name: "unknown", origin: networkAddress(c) };
  const directory = c.get("directory");
  if (!notes.take(`${actor.kind} ${actor.id ?? actor.origin ?? ""}`, directory.now()).ok) return;
  const place = c.get("place");
  const entry = { actor, action, target: about.what.slice(0, MAX_TARGET), organizationId: place?.organizationId, deploymentId: place?.id };
  c.executionCtx.waitUntil(
    writeAudit(directory, { ...entry, ...(about.why !== undefined && { after: { refused: about.why } }) }).catch((thrown: unknown) =>
      logFailure("a refusal could not be noted", appErrorOf(thrown)),
    ),
  );
}
