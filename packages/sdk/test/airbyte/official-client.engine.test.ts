/** Is the Airbyte of our tests one that Airbyte's own client, generated from the description that Airbyte publishes, can work with? */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { JOB_STATUSES } from "./airbyte-openapi.test-support.ts";
import { CLIENT, CRM, SHOP, startAirbyte, type AirbyteServer } from "./airbyte-server.test-support.ts";

interface Script {
  ensureAirbyteClient(onProgress: (line: string) => void): Promise<string>;
}

const ROOT = join(import.meta.dirname, "../../../..");
let server: AirbyteServer;
let packages: string;

beforeAll(async () => {
  const { ensureAirbyteClient } = (await import(join(ROOT, "scripts/engines/airbyte-client.mjs"))) as Script;
  packages = await ensureAirbyteClient((line) => console.log(line));
});
beforeEach(async () => {
  server = await startAirbyte();
});
afterEach(() => server.close());

async function printed(script: string, args: readonly string[] = []): Promise<unknown> {
  const env = { ...process.env, PYTHONPATH: packages };
  const { stdout } = await promisify(execFile)(join(ROOT, ".venv/bin/python"), [join(import.meta.dirname, script), ...args], { env });
  return JSON.parse(stdout) as unknown;
}

test("the official client has the paths, fields and statuses of our tests", async () => {
  // When the client's version changes, `-u` writes them anew.
  const contract = await printed("published_contract.py");
  await expect(`${JSON.stringify(contract, null, 2)}\n`).toMatchFileSnapshot("published-contract.json");
});

test("the official client finds every answer of our server as described", async () => {
  for (const status of JOB_STATUSES) server.add({ connectionId: CRM, status, duration: "PT1M", rowsSynced: 2 ** 40, bytesSynced: 0 });
  const { jobId: early } = server.add({ connectionId: CRM, lastUpdatedAt: "2025-01-01T00:05:00Z" });
  for (let count = 0; count < 109; count++) server.add({ connectionId: CRM });
  const { jobId: wanted } = server.add({ connectionId: CRM, status: "failed", jobType: "refresh" });
  const seen = await printed("official_client.py", [`${server.url}/api/public/v1`, SHOP, CRM, CLIENT.clientId, CLIENT.clientSecret]);
  const started = { jobId: wanted + 1, connectionId: SHOP, jobType: "sync", startTime: "2025-01-01T00:00Z" };
  expect(seen).toMatchObject({
    created: { ...started, status: "running" },
    busy: [409, "A sync is already running for the connection"],
    got: { ...started, status: "running" },
    cancelled: { ...started, status: "cancelled", lastUpdatedAt: "2025-01-01T00:10:00Z" },
    over: [409, "Job is not currently running"],
    unknown: [404, "No job 1"],
    page: [wanted - 1, wanted - 2],
    default: Array.from({ length: 20 }, (_, index) => 101 + index),
    filtered: [wanted],
    until: [early],
    later: [],
    pages: [100, 18],
    statuses: JOB_STATUSES.toSorted(),
  });
  expect(new Set(server.calls)).toEqual(new Set(["createAccessToken", "createJob", "getJob", "cancelJob", "listJobs"]));
  expect(server.violations).toEqual([]);
});

describe("the access token of the official client", () => {
  const lookedUp = async (count: number): Promise<unknown> => {
    const { jobId } = server.add();
    const args = [`${server.url}/api/public/v1`, CLIENT.clientId, CLIENT.clientSecret, String(jobId), String(count)];
    return await printed("official_client_tokens.py", args);
  };
  const tokensFetched = (): number => server.calls.filter((call) => call === "createAccessToken").length;

  test("the access token of the official client is renewed a minute before its end", async () => {
    expect([await lookedUp(3), tokensFetched()]).toEqual([[200, 200, 200], 1]);
    server.tokenSeconds = 60;
    expect([await lookedUp(3), tokensFetched()]).toEqual([[200, 200, 200], 4]);
    expect(server.violations).toEqual([]);
  });

  test("the access token of the official client is renewed after a refusal, when the server forgot it", async () => {
    server.afterCall = () => server.calls.length === 3 && server.revokeTokens();
    expect([await lookedUp(4), tokensFetched()]).toEqual([[200, 200, 401, 200], 2]);
    expect(server.violations).toEqual([]);
  });
});
