/** Writes the first frame of an agent of the tests. */
import type { Hello } from "@headgate/shared/protocol/up.ts";

/** An agent with four slots that has done nothing yet, except for `change`. */
export function helloOf(instance: string, change: Partial<Hello> = {}): Hello {
  return {
    t: "hello",
    protocol: { min: 1, max: 1 },
    agentVersion: "0.1.0",
    instance,
    hostname: "host-1",
    queue: "default",
    slots: 4,
    running: [],
    unacknowledged: [],
    labels: {},
    locations: [],
    ...change,
  };
}
