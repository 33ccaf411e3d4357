/** Which troubles must be seen on every page? Code that does not load, no agent, and a live stream that is lost. Pure. */
import type { AgentView } from "@headgate/shared/contract/catalog/agents.ts";
import type { LocationView } from "@headgate/shared/contract/catalog/locations.ts";
import { relativeAmount } from "#lib/format/time.ts";
import { agentsPath, codePath, type DeploymentRef } from "#lib/paths.ts";

export interface Alarm {
  readonly id: string;
  readonly text: string;
  readonly link: { readonly label: string; readonly href: string } | null;
}

export interface AlarmFacts {
  readonly ref: DeploymentRef;
  readonly locations: Iterable<LocationView>;
  readonly agents: Iterable<AgentView>;
  /** Milliseconds without live updates; 0 while they flow. */
  readonly lostForMs: number;
  /** The server would not take one of this tab's messages. */
  readonly refusal: string | null;
  /** The snapshot is here: before that, absence means nothing. */
  readonly loaded: boolean;
}

/** A reconnect within this time is not worth a red bar. */
const GRACE_MS = 1500;

export function findAlarms(facts: AlarmFacts): Alarm[] {
  const alarms: Alarm[] = [];
  if (facts.lostForMs > GRACE_MS) {
    alarms.push({
      id: "stream",
      text: `Live updates stopped ${relativeAmount(facts.lostForMs)} ago, retrying. What you see may be old.`,
      link: null,
    });
  }
  if (facts.refusal !== null) {
    alarms.push({ id: "refused", text: `The live stream refused what this page asked: ${facts.refusal}. Reload the page.`, link: null });
  }
  if (!facts.loaded) return alarms;
  for (const location of facts.locations) {
    if (location.status === "loaded") continue;
    const [error] = location.errors;
    const kept = location.active ? ` Version ${location.active.number} stays in force.` : "";
    alarms.push({
      id: `location:${location.name}`,
      text: `Code location ${location.name} does not load: ${firstLine(error?.message ?? "unknown error")}.${kept}`.replace("..", "."),
      link: { label: "Show the error", href: codePath(facts.ref, location.name) },
    });
  }
  if (![...facts.agents].some((agent) => agent.status !== "disconnected")) {
    alarms.push({
      id: "agent",
      text: "No agent is connected: runs wait until one is.",
      link: { label: "How to start one", href: agentsPath(facts.ref) },
    });
  }
  return alarms;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}
