/** How the agent introduces itself on each new connection. */
import type { Hello } from "@headgate/shared/protocol/up.ts";
import { PROTOCOL_OLDEST_SUPPORTED, PROTOCOL_VERSION } from "@headgate/shared/protocol/version.ts";

export const AGENT_VERSION = "0.1.0";

/** These fields differ from agent to agent and from one connection to the next. */
export type HelloState = Omit<Hello, "t" | "protocol" | "agentVersion">;

/** The first frame of a connection. */
export function helloFrame(state: HelloState): Hello {
  return {
    t: "hello",
    protocol: { min: PROTOCOL_OLDEST_SUPPORTED, max: PROTOCOL_VERSION },
    agentVersion: AGENT_VERSION,
    ...state,
  };
}
