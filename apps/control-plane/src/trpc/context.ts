/** What every procedure gets: the deployment it talks to and who asks. Made once per request by the Worker, after authentication. */
import type { Actor, DeploymentService } from "@headgate/shared/api/service.ts";
import type { TokenView } from "@headgate/shared/api/views.ts";

/** The part of the directory that procedures may use, already narrowed to one deployment. */
export interface TokenService {
  list(): Promise<readonly TokenView[]>;
  create(input: { readonly name: string; readonly kind: "agent" | "api"; readonly role?: string | undefined; readonly expiresInDays?: number | undefined }): Promise<{ readonly view: TokenView; readonly secret: string }>;
  revoke(id: string): Promise<TokenView>;
}

export interface TrpcContext {
  readonly actor: Actor;
  readonly deployment: DeploymentService;
  readonly tokens: TokenService;
}
