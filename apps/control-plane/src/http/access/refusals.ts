/** Sentences for credentials that are refused: each names the thing, the fault and where to get the right one. Pure. */
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";

const MADE = "tokens are made on the Agents page of the dashboard";

export function roleMissing(what: string, role: Role, actor: Actor): AppError {
  const remedy =
    actor.kind === "token" ? `use a token with the role '${role}'; ${MADE}` : `ask an admin of the organization for the role '${role}'`;
  return new AppError("forbidden", `${what} needs the role '${role}'; '${actor.name}' has '${actor.role}': ${remedy}`);
}

export function agentTokenRefused(): AppError {
  return new AppError("forbidden", `an agent token reaches only /agent/v1; use an API token ('hg_api_...'): ${MADE}`);
}

export function apiTokenRefused(): AppError {
  return new AppError("forbidden", `this address is for agents; use an agent token ('hg_agent_...') in HEADGATE_AGENT_TOKEN: ${MADE}`);
}

export function tokenRefused(why: "unknown" | "expired" | "revoked"): AppError {
  const reason = {
    unknown: "the token is unknown; check that it was copied completely and belongs to this control plane",
    expired: "the token is expired; make a new one and set it in the place of the old one",
    revoked: "the token was revoked; make a new one and set it in the place of the old one",
  }[why];
  return new AppError("unauthenticated", `${reason}: ${MADE}`);
}

export function attemptTokenRefused(): AppError {
  return new AppError("unauthenticated", "this attempt token ('hgp_...') was not made by this control plane, or was not copied completely");
}

export function podRefused(what: string): AppError {
  return new AppError("forbidden", `${what} needs an agent token; a token of one attempt ('hgp_...') opens only what its pod needs`);
}

export function notOfAttempt(what: string, attempt: { readonly step: string; readonly run: string }): AppError {
  return new AppError("forbidden", `${what} is not part of what this attempt token is for: '${attempt.step}' in run ${attempt.run}`);
}

/** A deployment that the caller may not see looks like one that does not exist. */
export function deploymentMissing(place: string, caller: "token" | "person"): AppError {
  const reason =
    caller === "token"
      ? "or this token belongs to another one; leave out --deployment and HEADGATE_DEPLOYMENT to use the deployment of the token"
      : "or you are not a member of it";
  return new AppError("not_found", `there is no deployment '${place}', ${reason}`);
}
