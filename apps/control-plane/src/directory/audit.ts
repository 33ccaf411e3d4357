/** The audit log: who changed what, when and from where. The directory writes its entries in the same batch as the change. */
import { isSecretName } from "@headgate/shared/domain/secret-variables.ts";
import type { Directory } from "./database.ts";
import { newId } from "./database.ts";
import { audit } from "./schema.ts";

/** The author of a change: a person, a token, the operator with the bootstrap secret, or an unknown client that was refused. */
export interface AuditActor {
  readonly kind: "user" | "token" | "operator" | "unknown";
  readonly id: string | null;
  readonly name: string;
  /** The network address, if the platform provides it. */
  readonly origin: string | null;
}

export interface AuditEntry {
  readonly actor: AuditActor;
  /** `noun.verb`, e.g. `token.create`, `runs.launch`. */
  readonly action: string;
  /** The id or name of the changed object. */
  readonly target: string;
  readonly organizationId?: string | undefined;
  readonly deploymentId?: string | undefined;
  readonly before?: unknown;
  readonly after?: unknown;
}

const MAX_VALUE_CHARACTERS = 20_000;

type AuditRow = typeof audit.$inferInsert;

/** The insert statement, for a batch with the change itself. */
export function auditStatement(directory: Directory, entry: AuditEntry) {
  return directory.db.insert(audit).values(rowOf(directory, entry));
}

/** The row as text, for another store that keeps it with the change and hands it over later. */
export function auditRow(directory: Directory, entry: AuditEntry): string {
  return JSON.stringify(rowOf(directory, entry));
}

/** Writes such a row. Its id makes writing it twice harmless. */
export async function writeAuditRow(directory: Directory, text: string): Promise<void> {
  await directory.db
    .insert(audit)
    .values(JSON.parse(text) as AuditRow)
    .onConflictDoNothing();
}

function rowOf(directory: Directory, entry: AuditEntry): AuditRow {
  return {
    id: newId("aud", directory.random),
    at: directory.now(),
    organizationId: entry.organizationId ?? null,
    deploymentId: entry.deploymentId ?? null,
    actorKind: entry.actor.kind,
    actorId: entry.actor.id,
    actorName: entry.actor.name,
    action: entry.action,
    target: entry.target,
    origin: entry.actor.origin,
    before: stored(entry.before),
    after: stored(entry.after),
  };
}

export async function writeAudit(directory: Directory, entry: AuditEntry): Promise<void> {
  await auditStatement(directory, entry);
}

/** Configurations of runs may hold passwords in any place. The log has their names, not their values. */
function withoutSecrets(value: unknown, isConfig = false): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, isConfig));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isConfig && isSecretName(name) && inner !== null ? "*****" : withoutSecrets(inner, isConfig || name === "config"),
    ]),
  );
}

function stored(value: unknown): string | null {
  if (value === undefined) return null;
  const text = JSON.stringify(withoutSecrets(value));
  return text.length <= MAX_VALUE_CHARACTERS ? text : JSON.stringify({ truncated: text.slice(0, MAX_VALUE_CHARACTERS) });
}
