/** `headgate-agent check`: connects once as an agent that takes no steps, and says in one line whether that works. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { uuidv7 } from "@headgate/shared/ids.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { AgentLog } from "./agent-log.ts";
import { readToken, type AgentConfig } from "./config.ts";
import { afterClose, type Ending } from "./connection/after-close.ts";
import { helloFrame } from "./connection/hello.ts";
import { Identity } from "./connection/identity.ts";
import { Session } from "./connection/session.ts";
import type { AgentTiming } from "./timing.ts";

export interface CheckDeps {
  readonly log: AgentLog;
  readonly now: () => number;
  readonly timing: AgentTiming;
}

/** `failure` is null when the control plane has welcomed the agent. */
export interface CheckResult {
  readonly line: string;
  readonly failure: "token_refused" | "upgrade_required" | "failed" | null;
}

/** It leaves nothing running: its socket is closed when it resolves. */
export async function checkConnection({ url, token, queue }: AgentConfig, { log, now, timing }: CheckDeps): Promise<CheckResult> {
  const read = readToken(token);
  if (!read.ok) return failed({ kind: "token", message: read.error.message });
  const identity = new Identity(() => uuidv7(now(), randomBytes(16)), null);
  let welcomedBy: string | null = null;
  const session = new Session({
    url,
    token: read.value,
    log,
    timing,
    now,
    hello: () =>
      helloFrame({
        instance: identity.instance,
        key: identity.key,
        hostname: hostname(),
        queue,
        slots: 0,
        running: [],
        unacknowledged: [],
        labels: { check: "true" },
        locations: [],
      }),
    onWelcome: ({ deployment }) => {
      welcomedBy = `${deployment.org}/${deployment.name}`;
      session.close(CLOSE.drained, "drained");
    },
    onFrame: () => undefined,
  });
  const ending = await session.ended;
  if (welcomedBy === null) return failed(ending);
  return { line: `Connected to ${url} as an agent of the deployment ${String(welcomedBy)}.`, failure: null };
}

function failed(ending: Ending): CheckResult {
  const next = afterClose(ending);
  return { line: next.message, failure: next.move === "refused" ? next.exit : "failed" };
}
