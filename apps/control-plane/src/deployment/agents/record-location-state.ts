/** An agent has loaded a code location version, or could not. */
import type { UpItem } from "@headgate/shared/protocol/up.ts";
import { readAgent, saveAgent } from "./agent-store.ts";
import type { Tx } from "../kernel/tx.ts";

type LocationItem = Extract<UpItem, { k: "location" }>;

/** Says whether steps that waited may be assigned now. */
export function recordLocationState(tx: Tx, input: { readonly instance: string; readonly item: LocationItem }): boolean {
  const { item } = input;
  const agent = readAgent(tx.db, input.instance);
  if (!agent) return false;
  const others = agent.locations.filter((entry) => entry.location !== item.location || entry.version !== item.version);
  saveAgent(tx.db, {
    ...agent,
    locations: [...others, { location: item.location, version: item.version, state: item.state }].slice(-50),
  });
  tx.fact({ type: "agent_changed", instance: input.instance });
  // Also when it could not: if no other agent is left that may be able to, somebody has to say so.
  return true;
}
