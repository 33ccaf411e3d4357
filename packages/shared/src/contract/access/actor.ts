/** Who asks, as the Worker has established it before it calls a deployment. */
import type { Role } from "../../domain/access/role.ts";

export interface Actor {
  readonly kind: "user" | "token";
  /** Shown to people: an e-mail address or a token's name. */
  readonly name: string;
  readonly role: Role;
}
