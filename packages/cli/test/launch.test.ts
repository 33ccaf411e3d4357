/** `headgate run` against a control plane that answers only a part of its requests. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { headgate } from "./command-line.test-support.ts";
import { startFixtureControlPlane, type FixtureControlPlane } from "./fixture-control-plane.test-support.ts";

let server: FixtureControlPlane;
beforeAll(async () => {
  server = await startFixtureControlPlane();
});
afterAll(() => server?.stop());

/** Hands everything on except the procedure `runs.get`, which gets no answer or the status 503. */
async function withoutRunsGet(answer: "nothing" | "unavailable"): Promise<string> {
  const front = createServer((request, response) => {
    void (async () => {
      if (request.url?.includes("runs.get") === true) {
        if (answer === "unavailable") response.writeHead(503).end("try later");
        return;
      }
      const body = await text(request);
      const { authorization = "", "content-type": type = "application/json" } = request.headers;
      const sent = { method: request.method ?? "GET", headers: { authorization, "content-type": type }, ...(body !== "" && { body }) };
      const answered = await fetch(`${server.url}${request.url}`, sent);
      response.writeHead(answered.status, { "content-type": "application/json" }).end(await answered.text());
    })();
  });
  onTestFinished(() => {
    front.closeAllConnections();
    front.close();
  });
  await new Promise<void>((ready) => front.listen(0, "127.0.0.1", ready));
  return `http://127.0.0.1:${(front.address() as { port: number }).port}`;
}

describe("headgate run", () => {
  it.each(["nothing", "unavailable"] as const)("names the launched run although the lookup of its code gets %s", async (answer) => {
    const env = { HEADGATE_URL: await withoutRunsGet(answer), HEADGATE_TOKEN: "token", HEADGATE_DEPLOYMENT: "acme/prod" };
    const { code, stdout, stderr } = await headgate(["run", "full_refresh", "--no-wait"], { cwd: "/", env });
    expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(stderr).toContain("the run has started, but the version of its code could not be read: ");
    expect(code).toBe(0);
  });
});
