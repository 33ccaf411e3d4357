/** Deliveries whose signature, secret or body was wrong are counted, and the latest of them shown: otherwise nobody finds out why nothing arrives. */
import { SHOWN_REFUSALS } from "./webhook-limits.ts";
import { readHook, updateHook } from "./webhook-store.ts";
import type { Turn } from "../kernel/tx.ts";
import { automationId } from "../ticks/automation-source.ts";

export function noteRefusal(turn: Turn, hook: string, reason: string): void {
  const row = readHook(turn.db, hook);
  if (!row) return;
  updateHook(turn.db, {
    ...row,
    refused: row.refused + 1,
    lastRefusedAt: turn.now,
    refusals: [{ at: turn.now, reason }, ...row.refusals].slice(0, SHOWN_REFUSALS),
  });
  turn.effects.push({ type: "automation_changed", automation: automationId({ location: row.location, kind: "sensor", name: row.sensor }) });
}
