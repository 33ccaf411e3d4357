/** What a sync does on a bad day of its Airbyte server, of a proxy before it, or of the network: a table of situations. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { airbyteResource, AirbyteError, type Airbyte } from "@headgate/sdk/airbyte";
import { createLogger } from "../../src/runtime/steps/logger.ts";
import { CLIENT, CRM, SHOP, startAirbyte, type AirbyteServer, type Fault } from "./airbyte-server.test-support.ts";

let server: AirbyteServer;
let logged: string[];
beforeEach(async () => {
  server = await startAirbyte();
  logged = [];
});
afterEach(() => server.close());

async function open(retries = 2): Promise<Airbyte> {
  const resource = airbyteResource({ url: server.url, ...CLIENT, retries });
  const log = createLogger((_level, message) => void logged.push(message));
  const folders = { root: "/", storage: "/", scratch: "/" };
  const { signal } = new AbortController();
  return (await resource["~definition"].setup({ config: undefined, env: {}, folders, log, signal })) as Airbyte;
}
/** Every job ends when it is looked at for the second time. */
function endJobs(status: "succeeded" | "failed" | "cancelled" = "succeeded"): void {
  server.afterCall = ({ operation, parameters }) => {
    if (operation.operationId === "getJob") server.update(Number(parameters["jobId"]), { status });
  };
}
async function sync(retries?: number): Promise<string> {
  endJobs();
  return outcome((await open(retries)).sync(SHOP, { pollEvery: 0.01 }));
}
async function outcome(work: Promise<{ readonly status: string }>): Promise<string> {
  try {
    return (await work).status;
  } catch (error) {
    if (!(error instanceof AirbyteError)) throw error;
    return error.code;
  }
}
const starts = (): number => server.calls.filter((call) => call === "createJob").length;
const inAMoment = (): string => new Date(Date.now() + 1_000).toUTCString();
const HTML = "<html><h1>504 Gateway Time-out</h1></html>";

describe("a sync on a bad day", () => {
  it.each<readonly [what: string, faults: readonly Fault[], ends: string, starts: number]>([
    ["a 429 with seconds", [{ operation: "createJob", status: 429, headers: { "retry-after": "0" } }], "succeeded", 2],
    ["a 429 with a date", [{ operation: "createJob", status: 429, headers: { "retry-after": inAMoment() } }], "succeeded", 2],
    [
      "a 429 with a date that has passed",
      [{ operation: "createJob", status: 429, headers: { "retry-after": new Date(0).toUTCString() } }],
      "succeeded",
      2,
    ],
    ["a 429 with nonsense", [{ operation: "createJob", status: 429, headers: { "retry-after": "soon" } }], "succeeded", 2],
    ["a 429 without a time", [{ operation: "createJob", status: 429 }], "succeeded", 2],
    ["a 502 for the token", [{ operation: "createAccessToken", status: 502, body: HTML }], "succeeded", 1],
    ["a 502 while it is watched", [{ operation: "getJob", status: 502, body: HTML }], "succeeded", 1],
    ["a lost connection while it is watched", [{ operation: "getJob", status: 0 }], "succeeded", 1],
    ["a long outage while it is watched", Array.from({ length: 8 }, () => ({ operation: "getJob" as const, status: 503 })), "succeeded", 1],
    ["a token that ends while it is watched", [{ operation: "getJob", status: 401 }], "succeeded", 1],
    ["a job that vanished", [{ operation: "getJob", status: 404 }], "not_found", 1],
    ["a right that was taken away", [{ operation: "getJob", status: 403 }], "denied", 1],
    ["a paused connection", [{ operation: "createJob", status: 400, body: '{"detail":"The connection is inactive"}' }], "rejected", 1],
    ["a connection that is gone", [{ operation: "createJob", status: 404 }], "not_found", 1],
    ["a conflict with a job that ended meanwhile", [{ operation: "createJob", status: 409 }], "succeeded", 2],
    ["a conflict that stays", Array.from({ length: 2 }, () => ({ operation: "createJob" as const, status: 409 })), "conflict", 2],
    ["a page of a proxy while it is watched", [{ operation: "getJob", status: 200, body: HTML }], "succeeded", 1],
    ["an answer that is cut while it is watched", [{ operation: "getJob", status: 200, body: '{"jobId":1,' }], "succeeded", 1],
    [
      "an answer in other words, each time",
      Array.from({ length: 4 }, () => ({ operation: "getJob" as const, status: 200, body: "{}" })),
      "unexpected",
      1,
    ],
    [
      "a redirect to another host",
      [{ operation: "createJob", status: 307, headers: { location: "https://other.invalid/" } }],
      "rejected",
      1,
    ],
    [
      "a redirect of the token request",
      [{ operation: "createAccessToken", status: 308, headers: { location: "https://other.invalid/" } }],
      "rejected",
      0,
    ],
  ])("%s", async (_, faults, ends, started) => {
    server.faults.push(...faults);
    expect([await sync(), starts()]).toEqual([ends, started]);
  });

  it("what a redirect leads to gets no request", async () => {
    const other = await startAirbyte();
    server.faults.push({
      operation: "createAccessToken",
      status: 307,
      headers: { location: `${other.url}/api/public/v1/applications/token` },
    });
    expect(await sync()).toBe("rejected");
    expect([other.calls, other.violations]).toEqual([[], []]);
    await other.close();
  });
});

describe("a start that was not answered", () => {
  it.each<readonly [what: string, fault: Fault]>([
    ["a lost connection", { operation: "createJob", status: 0 }],
    ["a proxy that gave up", { operation: "createJob", status: 504, body: HTML }],
    ["an error of the server", { operation: "createJob", status: 500 }],
    ["a page instead of an answer", { operation: "createJob", status: 200, body: HTML }],
    ["an answer that is cut", { operation: "createJob", status: 200, body: '{"jobId":17,"sta' }],
    ["an answer without a job", { operation: "createJob", status: 200, body: "{}" }],
  ])("%s: the job that began is found and waited for", async (_, fault) => {
    server.add({ connectionId: CRM, status: "running" });
    const begun = server.add({ status: "running" });
    server.faults.push(fault);
    expect([await sync(), starts()]).toEqual(["succeeded", 1]);
    expect(logged[0]).toContain(`job ${begun.jobId} has begun`);
  });

  it("a job that has ended before it was found is found, too", async () => {
    const now = new Date(Date.now() + 500).toISOString();
    server.add({ status: "succeeded", startTime: now, lastUpdatedAt: now });
    server.faults.push({ operation: "createJob", status: 504 });
    expect([await sync(), starts()]).toEqual(["succeeded", 1]);
  });

  it("a job of yesterday is not taken for the one that began", async () => {
    server.add({ status: "succeeded" });
    server.faults.push({ operation: "createJob", status: 504 });
    expect([await sync(), starts()]).toEqual(["unavailable", 1]);
  });

  it("a list that fails once does not hide the job", async () => {
    server.add({ status: "running" });
    server.faults.push({ operation: "createJob", status: 504 }, { operation: "listJobs", status: 503 });
    expect([await sync(0), starts()]).toEqual(["succeeded", 1]);
  });
});

describe("a job that others end", () => {
  it.each([
    ["failed", "job_failed"],
    ["cancelled", "job_cancelled"],
  ] as const)("a job that %s outside is reported as %s", async (status, code) => {
    endJobs(status);
    expect(await outcome((await open()).sync(SHOP, { pollEvery: 0.01 }))).toBe(code);
  });

  it("one connection that fails leaves the syncs of others alone", async () => {
    endJobs();
    const airbyte = await open();
    server.faults.push({ operation: "createJob", status: 400 });
    const ends = await Promise.all([SHOP, CRM].map((connection) => outcome(airbyte.sync(connection, { pollEvery: 0.01 }))));
    expect(ends.toSorted()).toEqual(["rejected", "succeeded"]);
  });
});
