/** Stores webhook deliveries for some days, so that repeated ones are recognized and people can view and replay them. */
import { and, asc, desc, eq, inArray, lt, type SQL } from "drizzle-orm";
import type { DeliveryState } from "@headgate/shared/contract/automations/webhook-views.ts";
import { delivery } from "./tables.ts";
import type { Database } from "../kernel/database.ts";

export type DeliveryRow = typeof delivery.$inferSelect;
/** A delivery without its large columns. */
export type DeliveryHead = Omit<DeliveryRow, "body" | "headers" | "query" | "method" | "contentId">;

const head = {
  no: delivery.no,
  id: delivery.id,
  hook: delivery.hook,
  senderId: delivery.senderId,
  at: delivery.at,
  state: delivery.state,
  bytes: delivery.bytes,
  received: delivery.received,
  tick: delivery.tick,
  runs: delivery.runs,
  message: delivery.message,
};

export function insertDelivery(db: Database, row: Omit<DeliveryRow, "no">): void {
  db.orm.insert(delivery).values(row).run();
}

export function readDelivery(db: Database, id: string): DeliveryRow | null {
  return db.orm.select().from(delivery).where(eq(delivery.id, id)).get() ?? null;
}

export function deliveryOfSender(db: Database, hookId: string, senderId: string): DeliveryHead | null {
  return (
    db.orm
      .select(head)
      .from(delivery)
      .where(and(eq(delivery.hook, hookId), eq(delivery.senderId, senderId)))
      .get() ?? null
  );
}

export function deliveryOfContent(db: Database, hookId: string, contentId: string): DeliveryHead | null {
  return (
    db.orm
      .select(head)
      .from(delivery)
      .where(and(eq(delivery.hook, hookId), eq(delivery.contentId, contentId)))
      .get() ?? null
  );
}

export function updateDelivery(
  db: Database,
  id: string,
  changes: Partial<Pick<DeliveryRow, "state" | "received" | "tick" | "runs" | "message">>,
): void {
  db.orm.update(delivery).set(changes).where(eq(delivery.id, id)).run();
}

export interface DeliveryQuery {
  readonly hook: string;
  readonly states?: readonly DeliveryState[] | undefined;
  /** Deliveries with a smaller number. */
  readonly before: number | null;
  readonly limit: number;
}

/** Newest first. */
export function listDeliveries(db: Database, query: DeliveryQuery): DeliveryHead[] {
  const where: SQL[] = [eq(delivery.hook, query.hook)];
  if (query.before !== null) where.push(lt(delivery.no, query.before));
  if (query.states !== undefined) where.push(inArray(delivery.state, [...query.states]));
  return db.orm
    .select(head)
    .from(delivery)
    .where(and(...where))
    .orderBy(desc(delivery.no))
    .limit(query.limit)
    .all();
}

/** Deliveries that came before a time, oldest first. */
export function oldDeliveries(
  db: Database,
  input: { readonly before: number; readonly limit: number },
): { readonly id: string; readonly hook: string; readonly bytes: number }[] {
  return db.orm
    .select({ id: delivery.id, hook: delivery.hook, bytes: delivery.bytes })
    .from(delivery)
    .where(lt(delivery.at, input.before))
    .orderBy(asc(delivery.at))
    .limit(input.limit)
    .all();
}

export function deleteDeliveries(db: Database, ids: readonly string[]): void {
  db.sql.exec("DELETE FROM delivery WHERE id IN (SELECT value FROM json_each(?))", JSON.stringify(ids));
}

export function oldestDeliveryAt(db: Database): number | null {
  return db.sql.exec<{ at: number | null }>("SELECT min(at) AS at FROM delivery").one().at;
}
