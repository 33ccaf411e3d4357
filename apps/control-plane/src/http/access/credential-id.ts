/** The id of what a caller showed: its token, or its session. Sockets and turns belong to it. */
import type { Principal } from "../app-env.ts";

export function credentialId(principal: Principal): string {
  return principal.kind === "session" ? principal.session.id : principal.token.id;
}
