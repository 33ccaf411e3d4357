/** Queries about agents. */
import type { AgentView } from "@headgate/shared/contract/catalog/agents.ts";
import { readAgent, recentAgents } from "../agents/agent-store.ts";
import { isSilent, lastSeenAt } from "../agents/liveness.ts";
import type { AgentRow } from "../agents/tables.ts";
import { cutPage } from "../kernel/page-cursor.ts";
import type { Reader } from "../kernel/reader.ts";
import { leaseCounts, podsOf } from "../runs/step-store.ts";

/** Disconnected agents are shown for this time, so that people notice that they left. */
const SHOW_GONE_AGENTS_MS = 3_600_000;
const MAX_SHOWN_AGENTS = 500;
const MAX_SHOWN_PODS = 200;

export function listAgents(reader: Reader): AgentView[] {
  const counts = leaseCounts(reader.db);
  const rows = recentAgents(reader.db, { since: reader.now - SHOW_GONE_AGENTS_MS, limit: MAX_SHOWN_AGENTS });
  const { page } = cutPage(
    rows.map((row) => agentView(reader, row, counts)),
    { limit: MAX_SHOWN_AGENTS, sizeOf: (view) => JSON.stringify(view).length },
  );
  return page.sort((a, b) => a.connectedAt - b.connectedAt || (a.instance < b.instance ? -1 : 1));
}

export function oneAgent(reader: Reader, instance: string): AgentView | null {
  const row = readAgent(reader.db, instance);
  // A pod is shown by its launcher.
  return row && row.podOf === null ? agentView(reader, row, leaseCounts(reader.db)) : null;
}

function agentView(reader: Reader, row: AgentRow, counts: ReadonlyMap<string, number>): AgentView {
  const pods = counts.has(row.instance) ? podViews(reader, row.instance) : [];
  return {
    instance: row.instance,
    name: row.labels["name"] ?? row.hostname,
    hostname: row.hostname,
    version: row.version,
    queue: row.queue,
    slots: row.slots,
    running: counts.get(row.instance) ?? 0,
    ...(pods.length > 0 && { pods }),
    status: isSilent(reader, row) ? "disconnected" : row.status,
    connectedAt: row.connectedAt,
    lastSeenAt: lastSeenAt(reader, row),
    labels: row.labels,
    locations: row.locations,
    token: row.tokenName,
  };
}

function podViews(reader: Reader, launcher: string): NonNullable<AgentView["pods"]> {
  return podsOf(reader.db, launcher, MAX_SHOWN_PODS).map(({ run, key, attempt, agent }) => {
    const pod = agent === launcher ? null : readAgent(reader.db, agent);
    if (!pod) return { run, step: key, attempt, name: null, state: "starting" };
    const isGone = pod.status === "disconnected" || isSilent(reader, pod);
    return { run, step: key, attempt, name: pod.hostname, state: isGone ? "disconnected" : "connected" };
  });
}
