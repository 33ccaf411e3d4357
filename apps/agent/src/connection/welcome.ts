/**
 * Answers a welcome: the agent goes on with its numbers or, when the control plane does not know them, begins again as a new
 * instance; then the work hears which attempts and versions the control plane wants.
 */
import type { AgentLog } from "../agent-log.ts";
import type { Identity } from "./identity.ts";
import type { Outbox } from "./outbox.ts";
import type { Welcome } from "./session.ts";

const CLOCK_SKEW_MS = 5000;

export interface WelcomeOptions {
  readonly url: string;
  readonly identity: Identity;
  readonly outbox: Pick<Outbox, "attach" | "renumber" | "numbers">;
  readonly connection: { sendText(text: string): void; reconnect(): void };
  /** Called before the reports are numbered anew. */
  readonly onNewInstance: (instance: string) => void;
  /** Called when both sides agree on the numbers. */
  readonly onAgreed: (welcome: Welcome) => void;
  readonly now: () => number;
  readonly log: AgentLog;
}

/** Called for each welcome, also after a reconnect. */
export function handleWelcome(welcome: Welcome, options: WelcomeOptions): void {
  const { url, identity, outbox, connection, onNewInstance, onAgreed, now, log } = options;
  if (outbox.attach((frame) => connection.sendText(frame), welcome.received) === "foreign") {
    // The control plane's state was reset or restored: its numbers do not continue ours.
    log.warn("the control plane does not know this agent's reports; continuing as a new instance", {
      received: welcome.received,
      ...outbox.numbers,
    });
    onNewInstance(identity.renew());
    outbox.renumber();
    return connection.reconnect();
  }
  log.info("connected", {
    url,
    agent: welcome.agent,
    deployment: `${welcome.deployment.org}/${welcome.deployment.name}`,
    protocol: welcome.protocol,
  });
  const skewMs = now() - welcome.serverTime;
  if (Math.abs(skewMs) > CLOCK_SKEW_MS) log.warn("this machine's clock differs from the control plane's", { skewMs });
  onAgreed(welcome);
}
