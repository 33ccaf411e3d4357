/** Records that an agent has loaded a code location version, or failed to. */
import type { UpItem } from "@headgate/shared/protocol/up.ts";
import { readAgent, saveAgent } from "./agent-store.ts";
import type { Tx } from "../kernel/tx.ts";

type LocationItem = Extract<UpItem, { k: "location" }>;

/** Returns whether the assignment of waiting steps must be decided again. */
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
  // A failed load counts too: if no other agent may load the version, the waiting steps are assigned anyway and fail with the reason.
  return true;
}
