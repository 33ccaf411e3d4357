import { describe, expect, it } from "vitest";
import type { AgentLog } from "../agent-log.ts";
import { Identity } from "./identity.ts";
import type { Welcome } from "./session.ts";
import { handleWelcome } from "./welcome.ts";

const WELCOME: Welcome = {
  t: "welcome",
  protocol: 1,
  serverTime: 1000,
  agent: "agent-1",
  deployment: { org: "acme", name: "main" },
  received: 7,
  drop: [],
  locations: [],
};

interface Situation {
  readonly now?: number;
  readonly attached?: "resumed" | "foreign";
}

function receive(welcome: Welcome, { now = 1000, attached = "resumed" }: Situation = {}): string[] {
  const said: string[] = [];
  const log: AgentLog = { debug: () => {}, info: (text) => void said.push(text), warn: (text) => void said.push(text), error: () => {} };
  let made = 0;
  handleWelcome(welcome, {
    url: "http://here",
    identity: new Identity(() => `instance-${++made}`, null),
    outbox: {
      attach: (_send, received) => {
        said.push(`attach ${received}`);
        return attached;
      },
      renumber: () => void said.push("renumber"),
      numbers: { next: 1, acknowledged: 0 },
    },
    connection: { sendText: () => {}, reconnect: () => void said.push("reconnect") },
    onNewInstance: (instance) => void said.push(`now ${instance}`),
    onAgreed: ({ agent }) => void said.push(`agreed ${agent}`),
    now: () => now,
    log,
  });
  return said;
}

describe("welcome", () => {
  it("a welcome with known numbers continues the connection", () => {
    expect(receive(WELCOME)).toEqual(["attach 7", "connected", "agreed agent-1"]);
  });

  it("a welcome with unknown numbers makes the agent a new instance", () => {
    expect(receive(WELCOME, { attached: "foreign" })).toEqual([
      "attach 7",
      "the control plane does not know this agent's reports; continuing as a new instance",
      "now instance-2",
      "renumber",
      "reconnect",
    ]);
  });

  it("a welcome warns about clocks that differ by five seconds", () => {
    expect(receive(WELCOME, { now: 6000 })).not.toContain("this machine's clock differs from the control plane's");
    expect(receive(WELCOME, { now: 6001 })).toContain("this machine's clock differs from the control plane's");
  });
});
