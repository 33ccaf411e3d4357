/** Commands on webhooks: make and revoke secrets, turn on and off. A secret is shown once, when it is made. */
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { WebhookSpec } from "@headgate/shared/manifest/automation.ts";
import { MAX_SECRETS } from "./webhook-limits.ts";
import { STANDARD_PREFIX } from "./webhook-signature.ts";
import { deleteSecret, type WebhookPlace, type WebhookRow, insertSecret, secretsOf, updateWebhook } from "./webhook-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { webhookNamed } from "./find-webhook.ts";

/** Makes a new secret. If there are two older ones, the oldest becomes invalid. */
export function rotateSecret(
  tx: Tx,
  input: { readonly at: WebhookPlace; readonly by: string },
): Result<{ readonly row: WebhookRow; readonly secret: string }> {
  const found = webhookNamed(tx, input.at);
  if (!found.ok) return found;
  const { row, spec } = found.value;
  if (spec.verify === "none")
    return refuse(
      "conflict",
      `The webhook of '${row.sensor}' verifies nothing, so it has no secret. Set 'verify' in its definition first.`,
    );
  const older = secretsOf(tx.db, row.id);
  for (const { id } of older.slice(0, Math.max(0, older.length - MAX_SECRETS + 1))) deleteSecret(tx.db, id);
  const secret = newSecret(tx, spec.verify);
  insertSecret(tx.db, { id: tx.newId("sec"), hook: row.id, secret, createdAt: tx.now, createdBy: input.by, lastUsedAt: null });
  return ok({ row, secret });
}

/** 256 random bits in the format that the verification method expects. */
function newSecret(tx: Tx, verify: WebhookSpec["verify"]): string {
  const text = btoa(String.fromCharCode(...tx.randomBytes(32)));
  return verify === "standard" ? `${STANDARD_PREFIX}${text}` : text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function revokeSecret(tx: Tx, input: { readonly at: WebhookPlace; readonly secret: string }): Result<WebhookRow> {
  const found = webhookNamed(tx, input.at);
  if (!found.ok) return found;
  const { row } = found.value;
  if (!secretsOf(tx.db, row.id).some(({ id }) => id === input.secret))
    return refuse("not_found", `The webhook of '${row.sensor}' has no secret with the id '${input.secret}'.`);
  deleteSecret(tx.db, input.secret);
  return ok(row);
}

export function switchWebhook(tx: Tx, input: { readonly at: WebhookPlace; readonly enabled: boolean }): Result<WebhookRow> {
  const found = webhookNamed(tx, input.at);
  if (!found.ok) return found;
  const row = { ...found.value.row, enabled: input.enabled ? 1 : 0 };
  updateWebhook(tx.db, row);
  return ok(row);
}
