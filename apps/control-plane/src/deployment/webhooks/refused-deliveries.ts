/** Counts refused deliveries and keeps the latest reasons, so that people can find out why nothing arrives. */
import { SHOWN_REFUSALS } from "./webhook-limits.ts";
import { readWebhook, updateWebhook } from "./webhook-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { automationId } from "@headgate/shared/domain/automation-id.ts";

export function noteRefusal(tx: Tx, hook: string, reason: string): void {
  const row = readWebhook(tx.db, hook);
  if (!row) return;
  updateWebhook(tx.db, {
    ...row,
    refused: row.refused + 1,
    lastRefusedAt: tx.now,
    refusals: [{ at: tx.now, reason }, ...row.refusals].slice(0, SHOWN_REFUSALS),
  });
  tx.fact({ type: "automation_changed", automation: automationId({ location: row.location, kind: "sensor", name: row.sensor }) });
}
