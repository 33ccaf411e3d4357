/**
 * What the Worker asks of a deployment's Durable Object besides `DeploymentProcedures`: publishing, raw output, tokens. Every method is
 * called with an identity that the Worker has already verified. The two sockets arrive through `fetch` (see `kernel/sockets.ts`).
 */
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import type { DeploymentProcedures } from "@headgate/shared/contract/deployment.ts";
import type { Result } from "@headgate/shared/domain/errors.ts";
import type { LoadError, Manifest } from "@headgate/shared/manifest/schema.ts";
import type {
  AttemptEnd,
  AttemptEndAnswer,
  AttemptRef,
  AttemptTokenAnswer,
  AttemptWaits,
  AttemptWaitsAnswer,
} from "@headgate/shared/protocol/attempt.ts";
import type { AttemptAccess } from "./kernel/attempt-token.ts";
import type { DeploymentIdentity } from "./kernel/identity.ts";
import type { LogAttempt, RawLogChunk, RawLogQuery } from "./runs/raw-log-chunk.ts";
import type { IncomingDelivery } from "./webhooks/incoming-delivery.ts";

export interface DeploymentInternals {
  /** Tells the object its own name and place; called before anything else by the Worker, idempotent and cheap. */
  identify(identity: DeploymentIdentity): Promise<void>;
  /** Stores a version without activating it. The same manifest hash gives the same version. The manifest itself stays in R2 under `manifestKey`. */
  registerVersion(input: {
    readonly manifest: Manifest;
    readonly hash: string;
    readonly manifestKey: string;
    readonly actor: Actor;
  }): Promise<Result<{ readonly version: string; readonly number: number; readonly active: boolean }>>;
  reportLoadErrors(input: {
    readonly location: string;
    readonly errors: readonly LoadError[];
    readonly actor: Actor;
  }): Promise<Result<null>>;
  /** R2 key of a version's manifest, for agents and for the blob check before activation. */
  manifestKey(input: { readonly location: string; readonly version: string }): Promise<Result<{ readonly key: string }>>;
  /** JSON text of the current definitions document when `hash` is the current one; `not_found` otherwise. */
  definitionsDocument(input: { readonly hash: string }): Promise<Result<string>>;
  /** May this agent token write output of this step attempt? Asked before a byte is stored. */
  mayWriteLog(input: LogAttempt & { readonly token: string }): Promise<Result<null>>;
  /** Records a stored chunk after asking the same again. Idempotent by chunk number. */
  recordLogChunk(input: RawLogChunk & { readonly token: string }): Promise<Result<null>>;
  logChunks(input: RawLogQuery): Promise<Result<{ readonly chunks: readonly RawLogChunk[]; readonly complete: boolean }>>;
  /** Takes a webhook's delivery in: verified, then stored before the answer. */
  deliver(input: IncomingDelivery): Promise<Result<{ readonly delivery: string; readonly repeated: boolean }>>;
  /** Addresses of all webhooks, for a directory that lost some. */
  webhookIds(): Promise<readonly string[]>;
  /** A token for the pod of an attempt that is leased to an agent with this token. */
  grantAttemptToken(input: { readonly ref: AttemptRef; readonly token: string }): Promise<Result<AttemptTokenAnswer>>;
  /** What the bearer of an attempt token may reach, if this deployment has signed it. */
  checkAttemptToken(input: { readonly text: string }): Promise<Result<AttemptAccess>>;
  /** The launcher's word about an attempt in a pod. */
  endAttempt(input: { readonly end: AttemptEnd; readonly token: string }): Promise<Result<AttemptEndAnswer>>;
  noteAttemptWaits(input: { readonly waits: AttemptWaits; readonly token: string }): Promise<Result<AttemptWaitsAnswer>>;
  /** Closes open sockets of a revoked token at once. */
  tokenRevoked(input: { readonly token: string }): Promise<void>;
  /** Pokes the timers; called by the Cron Trigger's sweep. */
  sweep(): Promise<void>;
}

export type DeploymentStub = DeploymentProcedures & DeploymentInternals;
