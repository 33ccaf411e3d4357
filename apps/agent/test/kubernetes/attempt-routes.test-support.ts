/** A control plane that knows only the three routes about attempts in pods, and remembers what was said. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { AttemptEnd } from "../../src/executors/kubernetes/attempt-calls.ts";
import type { StepRef } from "../../src/step-ref.ts";

export class AttemptRoutes {
  readonly #server: Server;
  readonly ends: (StepRef & AttemptEnd)[] = [];
  readonly waits: (StepRef & { readonly reason: string })[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const body = JSON.parse(Buffer.concat(parts).toString("utf8")) as StepRef;
        const answer = this.#answer(request.url ?? "", body);
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
      });
    });
  }

  static async start(): Promise<AttemptRoutes> {
    const routes = new AttemptRoutes();
    await new Promise<void>((resolve) => routes.#server.listen(0, "127.0.0.1", resolve));
    return routes;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(path: string, body: StepRef): unknown {
    switch (path) {
      case "/agent/v1/attempt-token":
        return { token: `token-of-${body.step}`, expiresAt: 0 };
      case "/agent/v1/attempt-end": {
        const isKnown = this.ends.some((end) => end.run === body.run && end.step === body.step && end.epoch === body.epoch);
        if (!isKnown) this.ends.push(body as StepRef & AttemptEnd);
        return { open: !isKnown };
      }
      default:
        this.waits.push(body as StepRef & { readonly reason: string });
        return {};
    }
  }
}
