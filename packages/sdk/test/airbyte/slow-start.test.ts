import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { createAirbyte } from "../../src/integrations/airbyte/client.ts";
import { connectAirbyte } from "../../src/integrations/airbyte/http.ts";
import { createLogger } from "../../src/runtime/steps/logger.ts";

/** A server that begins the job at once, or never, and answers the request for it too late. */
async function slowAirbyte(begins: boolean) {
  const job = (status: string) => ({ jobId: 7, status, jobType: "sync", connectionId: "c", startTime: new Date().toISOString() });
  let isRunning = false;
  let polls = 0;
  let starts = 0;
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      starts++;
      isRunning = begins;
      return;
    }
    const one = request.url?.startsWith("/jobs/7") === true;
    const answer = one ? job(++polls > 1 ? "succeeded" : "running") : { data: isRunning ? [job("running")] : [] };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const send = connectAirbyte({ base, credentials: { token: "t" }, retries: 0, timeoutMs: 300 });
  const airbyte = createAirbyte(send, { log: createLogger(() => undefined), signal: new AbortController().signal });
  return { airbyte, starts: () => starts };
}

it("a sync whose start is answered too late is found", async () => {
  const { airbyte, starts } = await slowAirbyte(true);
  expect(await airbyte.sync("c", { pollEvery: 0.01 })).toMatchObject({ jobId: 7, status: "succeeded" });
  expect(starts()).toBe(1);
});

it("a sync that never began fails with the time-out", async () => {
  const { airbyte, starts } = await slowAirbyte(false);
  await expect(airbyte.sync("c")).rejects.toMatchObject({ code: "timeout", retryable: true });
  expect(starts()).toBe(1);
});
