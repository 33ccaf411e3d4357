/** Is the Airbyte of our tests one that Airbyte's own client, generated from the description that Airbyte publishes, can work with? */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CLIENT, CRM, SHOP, startAirbyte, type AirbyteServer } from "./airbyte-server.test-support.ts";

interface Script {
  ensureAirbyteClient(onProgress: (line: string) => void): Promise<string>;
}

const ROOT = join(import.meta.dirname, "../../../..");
const STATUSES = ["pending", "queued", "running", "incomplete", "failed", "succeeded", "cancelled"] as const;
let server: AirbyteServer;
let packages: string;

beforeAll(async () => {
  const { ensureAirbyteClient } = (await import(join(ROOT, "scripts/engines/airbyte-client.mjs"))) as Script;
  packages = await ensureAirbyteClient((line) => console.log(line));
  server = await startAirbyte();
});
afterAll(() => server?.close());

async function askedByOfficialClient(): Promise<Record<string, unknown>> {
  const args = [
    join(import.meta.dirname, "official_client.py"),
    `${server.url}/api/public/v1`,
    SHOP,
    CRM,
    CLIENT.clientId,
    CLIENT.clientSecret,
  ];
  const env = { ...process.env, PYTHONPATH: packages };
  const { stdout } = await promisify(execFile)(join(ROOT, ".venv/bin/python"), args, { env });
  return JSON.parse(stdout) as Record<string, unknown>;
}

test("it signs in, starts, looks up, lists and cancels jobs, and finds every answer as described", async () => {
  for (const status of STATUSES) server.add({ connectionId: CRM, status, duration: "PT1M", rowsSynced: 2 ** 40, bytesSynced: 0 });
  for (let count = 0; count < 110; count++) server.add({ connectionId: CRM });
  const { jobId: wanted } = server.add({ connectionId: CRM, status: "failed", jobType: "refresh" });
  const seen = await askedByOfficialClient();
  const started = { jobId: wanted + 1, connectionId: SHOP, jobType: "sync", startTime: "2025-01-01T00:00Z" };
  expect(seen).toMatchObject({
    created: { ...started, status: "running" },
    busy: [409, "A sync is already running for the connection"],
    got: { ...started, status: "running" },
    cancelled: { ...started, status: "cancelled", lastUpdatedAt: "2025-01-01T00:10:00Z" },
    over: [409, "Job is not currently running"],
    unknown: [404, "No job 1"],
    page: [wanted - 1, wanted - 2],
    filtered: [wanted],
    pages: [100, 18],
    statuses: STATUSES.toSorted(),
  });
  expect(seen["default"]).toHaveLength(20);
  expect(new Set(server.calls)).toEqual(new Set(["createAccessToken", "createJob", "getJob", "cancelJob", "listJobs"]));
  expect(server.violations).toEqual([]);
});
