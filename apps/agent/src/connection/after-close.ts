/** Decides what the agent does after a connection ended. Every close code and HTTP status has one answer. */
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";

/** How a connection ended. */
export type Ending =
  /** The server refused the upgrade. */
  | { readonly kind: "http"; readonly status: number; readonly body: string }
  /** No connection, or it broke. */
  | { readonly kind: "network"; readonly message: string }
  | { readonly kind: "token"; readonly message: string }
  | { readonly kind: "close"; readonly code: number; readonly reason: string };

/** The connection loop does one of these next. */
export type NextMove =
  | { readonly move: "retry"; readonly minWaitMs: number; readonly level: "info" | "warn" | "error"; readonly message: string }
  /** Nothing will change by itself: wait long, or until the token changes, or end the process if so configured. */
  | { readonly move: "refused"; readonly exit: "token_refused" | "upgrade_required"; readonly message: string }
  | { readonly move: "stop"; readonly exit: "replaced"; readonly message: string };

/** Decides from the ending alone: the same ending always has the same answer. */
export function afterClose(ending: Ending): NextMove {
  switch (ending.kind) {
    case "network":
      return retry("info", `The control plane cannot be reached: ${ending.message}`);
    case "token":
      return { move: "refused", exit: "token_refused", message: ending.message };
    case "http":
      return afterHttp(ending.status, ending.body);
    case "close":
      return afterCode(ending.code, ending.reason);
  }
}

function afterHttp(status: number, body: string): NextMove {
  const said = body === "" ? "" : ` It says: ${messageOf(body)}`;
  if (status === 401 || status === 403) return tokenRefused(said);
  if (status === 426) return upgradeRequired(said);
  if (status === 429) return retry("warn", `The control plane asks to slow down (HTTP 429).${said}`, 30_000);
  return retry("warn", `The control plane answered HTTP ${status} instead of opening a socket.${said}`);
}

/** Errors of the control plane are `{error: {code, message}}`. The answer of a proxy in between is shown as it is. */
function messageOf(body: string): string {
  try {
    const { error } = JSON.parse(body) as { readonly error?: { readonly message?: unknown } };
    return typeof error?.message === "string" ? error.message : body;
  } catch {
    return body;
  }
}

function afterCode(code: number, reason: string): NextMove {
  const said = reason === "" ? "" : ` It says: ${reason}`;
  switch (code) {
    case CLOSE.revoked:
      return tokenRefused(said);
    case CLOSE.upgradeRequired:
      return upgradeRequired(said);
    case CLOSE.replaced:
      return { move: "stop", exit: "replaced", message: `Another connection took over this agent's identity.${said}` };
    case CLOSE.badFrame:
      return retry("error", `The control plane could not read a frame of this agent; this is a defect of one of them.${said}`, 1000);
    case CLOSE.tooLarge:
      return retry("error", `The control plane found a frame of this agent too large.${said}`, 1000);
    case CLOSE.slowDown:
      return retry("warn", "The control plane asks to slow down.", slowDownMs(reason));
    default:
      return retry("info", `The connection closed (code ${code}).${said}`);
  }
}

function retry(level: "info" | "warn" | "error", message: string, minWaitMs = 0): NextMove {
  return { move: "retry", minWaitMs, level, message };
}

function tokenRefused(said: string): NextMove {
  return {
    move: "refused",
    exit: "token_refused",
    message: `The agent token is wrong, expired or revoked. Make a new one on the dashboard's Agents page.${said}`,
  };
}

function upgradeRequired(said: string): NextMove {
  return {
    move: "refused",
    exit: "upgrade_required",
    message: `This agent's version does not fit the control plane. Install the agent version of the control plane's release.${said}`,
  };
}

/** The reason carries seconds, bare or as `retryAfter=12`. */
function slowDownMs(reason: string): number {
  const seconds = Number(/\d+(\.\d+)?/.exec(reason)?.[0] ?? "30");
  return Math.min(Math.max(seconds, 1), 600) * 1000;
}
