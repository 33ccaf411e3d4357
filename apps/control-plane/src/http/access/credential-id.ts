/** The id of what a caller showed: its token, or its session. Sockets and turns belong to it. */
import type { Principal } from "../app-env.ts";

export function credentialId(principal: Principal): string {
  // Pods share the token of their launcher, but each is a caller of its own.
  if (principal.kind === "agent" && principal.attempt) return `${principal.token.id} ${principal.attempt.run} ${principal.attempt.step}`;
  return principal.kind === "session" ? principal.session.id : principal.token.id;
}
