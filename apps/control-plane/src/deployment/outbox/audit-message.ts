/** Keeps a row of the audit log in the transaction of the change that it is about, until the directory has it. */
import { z } from "zod";
import type { AuditedActor } from "@headgate/shared/contract/deployment.ts";
import type { Tx } from "../kernel/tx.ts";
import { enqueue } from "./enqueue.ts";

export const AUDIT_TOPIC = "audit.write";

export function keepAuditRow(tx: Tx, { auditRow }: AuditedActor): void {
  if (auditRow !== undefined) enqueue(tx, { destination: "directory", topic: AUDIT_TOPIC, body: auditRow });
}

export function parseAuditRow(body: string): string {
  return z.string().parse(JSON.parse(body));
}
