/** HTTP requests of the agent to its control plane: the bearer token, time limits, and which failures are worth another try. */
import { setTimeout as sleep } from "node:timers/promises";
import { codeOfStatus } from "@headgate/shared/contract/http/http-errors.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { backoffMs } from "@headgate/shared/net/backoff.ts";
import { errorText } from "../agent-log.ts";
import type { AgentToken } from "../agent-token.ts";

export interface ControlPlaneHttpOptions {
  readonly url: string;
  readonly token: AgentToken;
  readonly random: () => number;
}

const TRIES = 4;
const RETRY_WAIT = { firstMs: 500, maxMs: 2_000 };
const REQUEST_MS = 300_000;

export class ControlPlaneHttp {
  readonly #options: ControlPlaneHttpOptions;

  constructor(options: ControlPlaneHttpOptions) {
    this.#options = options;
  }

  async get(path: string): Promise<Response> {
    return await this.#request(path, { method: "GET" });
  }

  async post(path: string, body: unknown): Promise<Response> {
    return await this.#request(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  }

  async put(path: string, body: Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>): Promise<void> {
    const response = await this.#request(path, { method: "PUT", body, headers: { ...headers } });
    await response.body?.cancel();
  }

  /** Repeats what failed for a reason that may pass. */
  async retrying<T>(action: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await action();
      } catch (error) {
        if (attempt >= TRIES || !isTransient(error)) throw error;
        await sleep(backoffMs(attempt - 1, this.#options.random(), RETRY_WAIT));
      }
    }
  }

  async #request(path: string, init: RequestInit): Promise<Response> {
    const token = this.#options.token.current();
    if (!token.ok) throw AppError.from(token.error);
    const url = `${this.#options.url}${path}`;
    let response: Response;
    try {
      response = await fetch(url, {
        ...init,
        // A redirect would let the control plane read addresses of this network through the agent.
        redirect: "error",
        headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${token.value}` },
        signal: AbortSignal.timeout(REQUEST_MS),
      });
    } catch (error) {
      throw new AppError("unavailable", `${init.method} ${url}: ${errorText(error)}`, { cause: error });
    }
    if (response.ok) return response;
    const said = (await response.text().catch(() => "")).slice(0, 300);
    throw new AppError(
      codeOfStatus(response.status),
      `${init.method} ${url} answered HTTP ${response.status}${said === "" ? "" : `: ${said}`}`,
    );
  }
}

/** True when the same request may succeed later. */
export function isTransient(error: unknown): boolean {
  // Anything that is not ours comes from a stream that broke.
  return !(error instanceof AppError) || error.code === "unavailable" || error.code === "rate_limited" || error.code === "internal";
}
