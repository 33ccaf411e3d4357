/** What every procedure gets: the deployment it talks to and who asks. Made once per request by the Worker, after authentication. */
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import type { DeploymentProcedures } from "@headgate/shared/contract/deployment.ts";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import type { TokenView } from "@headgate/shared/contract/access/tokens.ts";
import type { VersionView } from "@headgate/shared/contract/catalog/locations.ts";
import type { Result } from "@headgate/shared/domain/errors.ts";

/** The part of the directory that procedures may use, already narrowed to one deployment. */
export interface TokenService {
  list(): Promise<readonly TokenView[]>;
  create(input: {
    readonly name: string;
    readonly kind: "agent" | "api";
    readonly role?: Role | undefined;
    readonly expiresInDays?: number | undefined;
  }): Promise<{ readonly view: TokenView; readonly secret: string }>;
  revoke(id: string): Promise<TokenView>;
}

/** One line of the audit log, without who and where, which the Worker adds. */
export interface ProcedureChange {
  readonly action: string;
  readonly target: string;
  readonly before?: unknown;
  readonly after: unknown;
}

export interface TrpcContext {
  readonly actor: Actor;
  readonly deployment: DeploymentProcedures;
  readonly tokens: TokenService;
  /** Activates a version after checking that all its files are stored. */
  activate(input: { readonly location: string; readonly version: string }): Promise<Result<VersionView>>;
  /** Notes a change that succeeded; does not wait for the directory. */
  audit(change: ProcedureChange): void;
}
