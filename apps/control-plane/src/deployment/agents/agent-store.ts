/** Reads and writes agents, one row per process: description, connection state and the number of the last item received. */
import { and, asc, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, ne, or, sql } from "drizzle-orm";
import { agent, type AgentRow } from "./tables.ts";
import { type Database, prepared } from "../kernel/database.ts";

export function readAgent(db: Database, instance: string): AgentRow | null {
  const query = prepared(db, "readAgent", (orm) =>
    orm
      .select()
      .from(agent)
      .where(eq(agent.instance, sql.placeholder("instance")))
      .prepare(),
  );
  return query.get({ instance }) ?? null;
}

/** Hostnames by agent instance. */
export function hostnamesOf(db: Database, instances: Iterable<string>): ReadonlyMap<string, string> {
  const rows = db.sql
    .exec<{ instance: string; hostname: string }>(
      "SELECT instance, hostname FROM agent WHERE instance IN (SELECT value FROM json_each(?))",
      JSON.stringify([...new Set(instances)]),
    )
    .toArray();
  return new Map(rows.map(({ instance, hostname }) => [instance, hostname]));
}

/** Disconnected agents last seen since a time: they may reconnect. */
export function agentsGoneSince(db: Database, at: number): AgentRow[] {
  return db.orm
    .select()
    .from(agent)
    .where(and(isNull(agent.podOf), eq(agent.status, "disconnected"), gte(agent.lastSeenAt, at)))
    .all();
}

export function saveAgent(db: Database, row: AgentRow): void {
  db.orm.insert(agent).values(row).onConflictDoUpdate({ target: agent.instance, set: row }).run();
}

/** Connected and draining agents, without pods. */
export function onlineAgents(db: Database): AgentRow[] {
  return prepared(db, "onlineAgents", (orm) =>
    orm
      .select()
      .from(agent)
      .where(and(isNull(agent.podOf), inArray(agent.status, ["connected", "draining"])))
      .orderBy(asc(agent.connectedAt), asc(agent.instance))
      .prepare(),
  ).all();
}

/** Pods whose row says that they are connected. */
export function onlinePods(db: Database): AgentRow[] {
  return db.orm
    .select()
    .from(agent)
    .where(and(isNotNull(agent.podOf), inArray(agent.status, ["connected", "draining"])))
    .orderBy(asc(agent.connectedAt), asc(agent.instance))
    .all();
}

/** Agents that are online or were seen since a time: online ones first, then those that were seen last. */
export function recentAgents(db: Database, { since, limit }: { readonly since: number; readonly limit: number }): AgentRow[] {
  return prepared(db, "recentAgents", (orm) =>
    orm
      .select()
      .from(agent)
      .where(and(isNull(agent.podOf), or(ne(agent.status, "disconnected"), gt(agent.lastSeenAt, sql.placeholder("since")))))
      .orderBy(sql`${agent.status} = 'disconnected'`, desc(agent.lastSeenAt), asc(agent.instance))
      .limit(sql.placeholder("limit"))
      .prepare(),
  ).all({ since, limit });
}

/** Instances of a token, without one and without pods: how many are online, and those that left, the one seen last first. */
export function othersOfToken(
  db: Database,
  { token, instance }: { readonly token: string; readonly instance: string },
): { readonly online: number; readonly gone: readonly string[] } {
  const rows = db.sql
    .exec<{ instance: string; status: AgentRow["status"] }>(
      `SELECT instance, status FROM agent WHERE token = ? AND instance <> ? AND pod_of IS NULL ORDER BY last_seen_at DESC, instance`,
      token,
      instance,
    )
    .toArray();
  const gone = rows.filter(({ status }) => status === "disconnected").map((row) => row.instance);
  return { online: rows.length - gone.length, gone };
}

/** Deletes those of the instances that hold no step. Returns them. */
export function deleteIdleAgents(db: Database, instances: readonly string[]): string[] {
  return db.sql
    .exec<{ instance: string }>(
      `DELETE FROM agent WHERE instance IN (SELECT value FROM json_each(?))
         AND instance NOT IN (SELECT agent FROM step WHERE status IN ('assigned', 'running') AND agent IS NOT NULL)
         AND instance NOT IN (SELECT launcher FROM step WHERE status IN ('assigned', 'running') AND launcher IS NOT NULL) RETURNING instance`,
      JSON.stringify(instances),
    )
    .toArray()
    .map(({ instance }) => instance);
}

/** Deletes a pod that is not connected. Returns whether there was one. */
export function deleteGonePod(db: Database, instance: string): boolean {
  return (
    db.sql
      .exec("DELETE FROM agent WHERE instance = ? AND pod_of IS NOT NULL AND status = 'disconnected' RETURNING instance", instance)
      .toArray().length > 0
  );
}

export function agentsWithLeases(db: Database): AgentRow[] {
  return db.orm
    .select()
    .from(agent)
    .where(sql`${agent.instance} IN (SELECT agent FROM step WHERE status IN ('assigned', 'running'))`)
    .all();
}

export function markReceived(db: Database, input: { readonly instance: string; readonly received: number; readonly now: number }): void {
  db.sql.exec("UPDATE agent SET received = ?, last_seen_at = ? WHERE instance = ?", input.received, input.now, input.instance);
}

/** Deletes agents that disconnected long ago: a process that has ended never reconnects. */
export function deleteAgentsSeenBefore(db: Database, before: number): string[] {
  return db.orm
    .delete(agent)
    .where(and(eq(agent.status, "disconnected"), lt(agent.lastSeenAt, before)))
    .returning({ instance: agent.instance })
    .all()
    .map((row) => row.instance);
}
