/** The person or token behind a request, as the audit log names them. */
import type { AuditActor } from "../../directory/audit.ts";
import type { AppContext, Principal } from "../app-env.ts";

export function auditActor(c: AppContext, principal: Principal): AuditActor {
  if (principal.kind !== "session") return { kind: "token", id: principal.token.id, name: principal.token.name, origin: networkAddress(c) };
  const { person } = principal.session;
  return { kind: "user", id: person.id, name: person.email ?? person.name, origin: networkAddress(c) };
}

/** Set by Cloudflare's edge; on one machine there is none. */
export function networkAddress(c: AppContext): string | null {
  return c.req.header("cf-connecting-ip") ?? null;
}
