/** The Airbyte resource against a server that keeps to Airbyte's published API. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { airbyteResource, AirbyteError, type Airbyte, type AirbyteJob, type AirbyteResourceOptions } from "@headgate/sdk/airbyte";
import { createLogger } from "../../src/runtime/steps/logger.ts";
import { JOB_STATUSES, JOB_TYPES } from "./airbyte-openapi.test-support.ts";
import { CLIENT, CRM, SHOP, startAirbyte, type AirbyteServer } from "./airbyte-server.test-support.ts";

let server: AirbyteServer;
let logged: string[];
beforeEach(async () => {
  server = await startAirbyte();
  logged = [];
});
afterEach(async () => {
  await server.close();
  expect(server.violations).toEqual([]);
});

async function open(options: Partial<AirbyteResourceOptions> = {}, signal = new AbortController().signal): Promise<Airbyte> {
  const resource = airbyteResource({ url: server.url, ...CLIENT, ...options } as AirbyteResourceOptions);
  const folders = { root: "/", storage: "/", scratch: "/" };
  const log = createLogger((_level, message) => void logged.push(message));
  return (await resource["~definition"].setup({ config: undefined, env: { TOKEN: "t" }, folders, log, signal })) as Airbyte;
}
const failure = async (work: Promise<unknown>): Promise<AirbyteError> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AirbyteError)) throw new Error(`expected an AirbyteError, got ${String(error)}`);
  return error;
};
const tokensFetched = (): number => server.calls.filter((call) => call === "createAccessToken").length;

describe("an access token of Airbyte", () => {
  it("an access token of Airbyte is fetched once for many concurrent requests", async () => {
    const { jobId } = server.add();
    const airbyte = await open();
    await Promise.all([airbyte.job(jobId), airbyte.job(jobId), airbyte.jobs()]);
    await airbyte.job(jobId);
    expect(tokensFetched()).toBe(1);
  });

  it("an access token of Airbyte is renewed before it has expired, without a refused request", async () => {
    server.tokenSeconds = 1;
    const { jobId } = server.add();
    const airbyte = await open();
    await airbyte.job(jobId);
    await sleep(600);
    await airbyte.job(jobId);
    expect(server.calls).toEqual(["createAccessToken", "getJob", "createAccessToken", "getJob"]);
  });

  it("an access token of Airbyte is renewed once when the server forgot it", async () => {
    const { jobId } = server.add();
    const airbyte = await open();
    expect((await airbyte.job(jobId)).jobId).toBe(jobId);
    server.revokeTokens();
    const jobs = await Promise.all([airbyte.job(jobId), airbyte.job(jobId), airbyte.job(jobId)]);
    expect(jobs.map((job) => job.jobId)).toEqual([jobId, jobId, jobId]);
    expect(tokensFetched()).toBe(2);
  });

  it("an access token of Airbyte that lives shorter than a listing takes is renewed between its pages", async () => {
    for (let count = 0; count < 250; count++) server.add();
    const airbyte = await open();
    server.afterCall = ({ operation }) => operation.operationId === "listJobs" && server.revokeTokens();
    expect(await airbyte.jobs()).toHaveLength(250);
    expect(tokensFetched()).toBe(4);
  });

  it("a refused access token of Airbyte says what to check and is requested again", async () => {
    const airbyte = await open({ clientSecret: "wrong" });
    for (const _ of [1, 2]) {
      const error = await failure(airbyte.jobs());
      expect(error).toMatchObject({ code: "denied", status: 401 });
      expect(error.message).toContain("Invalid client. Check the client id and secret");
    }
    expect(tokensFetched()).toBe(2);
    const fixed = await open({ token: { env: "TOKEN" }, clientId: undefined, clientSecret: undefined });
    expect((await failure(fixed.jobs())).code).toBe("denied");
    expect(tokensFetched()).toBe(2);
  });
});

describe("a list of Airbyte jobs", () => {
  it("a list of Airbyte jobs has every published status, type and optional field", async () => {
    const airbyte = await open();
    const optional = { duration: "PT8M13S", bytesSynced: 2 ** 40, rowsSynced: 0 };
    // Told of jobs that have ended only.
    const withoutUpdate = (job: AirbyteJob) => ({ ...job, lastUpdatedAt: undefined });
    for (const status of JOB_STATUSES)
      for (const jobType of JOB_TYPES) {
        const jobs = [server.add({ status, jobType, ...optional }), server.add({ status, jobType })];
        const told = await airbyte.jobs({ status, jobType });
        expect(told.map(withoutUpdate)).toEqual(jobs.map(withoutUpdate).toReversed());
      }
  });

  it("a list of Airbyte jobs of no certain type has no refreshes and clears", async () => {
    for (const jobType of JOB_TYPES) server.add({ jobType });
    expect((await (await open()).jobs()).map(({ jobType }) => jobType)).toEqual(["reset", "sync"]);
  });

  it("a list of Airbyte jobs has all pages, also when the server's are smaller than asked for", async () => {
    for (let count = 0; count < 257; count++) server.add();
    const airbyte = await open();
    expect(new Set((await airbyte.jobs()).map(({ jobId }) => jobId)).size).toBe(257);
    server.pageLimit = 20;
    expect(await airbyte.jobs()).toHaveLength(257);
    expect((await airbyte.jobs({ limit: 3 })).map(({ jobId }) => jobId)).toEqual([357, 356, 355]);
  });

  it("a list of Airbyte jobs misses only jobs that change while it is read", async () => {
    for (let count = 0; count < 250; count++) server.add();
    const airbyte = await open();
    server.afterCall = ({ operation, parameters }) => {
      if (operation.operationId !== "listJobs" || Number(parameters["offset"]) > 200) return;
      server.update(101 + Number(parameters["offset"]), { lastUpdatedAt: "2025-01-02T00:00:00Z" });
      server.add({ lastUpdatedAt: "2025-01-02T00:00:01Z" });
    };
    const listed = await airbyte.jobs();
    server.afterCall = () => undefined;
    const newest = Math.max(...listed.map(({ lastUpdatedAt = "" }) => Date.parse(lastUpdatedAt)));
    const later = await airbyte.jobs({ updatedAfter: new Date(newest) });
    expect(new Set([...listed, ...later].map(({ jobId }) => jobId))).toEqual(new Set(server.jobs.keys()));
  });

  it("an undocumented Airbyte job does not hide the others", async () => {
    const good = { jobId: 7, status: "running", jobType: "sync", connectionId: SHOP, startTime: "2025-01-01T00:00:00Z" };
    const strange = { ...good, jobId: 8, status: "paused" };
    const body = (...data: readonly object[]): string => JSON.stringify({ data, next: "" });
    server.faults.push({ operation: "listJobs", status: 200, body: body(strange, good) });
    const airbyte = await open();
    expect((await airbyte.jobs()).map(({ jobId }) => jobId)).toEqual([7]);
    expect(logged.at(-1)).toMatch(/^1 of the jobs that Airbyte listed are left out: .*status/);
    server.faults.push({ operation: "listJobs", status: 200, body: body(strange) });
    expect((await failure(airbyte.jobs())).code).toBe("unexpected");
  });

  it("a list of Airbyte jobs is filtered by the server", async () => {
    server.add({ connectionId: CRM });
    server.add({ status: "failed" });
    server.add({ jobType: "reset" });
    server.add({ lastUpdatedAt: "2024-01-01T00:00:00Z" });
    const { jobId } = server.add();
    const filter = { connection: SHOP, status: "succeeded", jobType: "sync", updatedAfter: new Date("2025-01-01T00:00:00Z") } as const;
    expect((await (await open()).jobs(filter)).map((job) => job.jobId)).toEqual([jobId]);
  });
});

describe("requests of a client", () => {
  it("requests of a client name several workspaces one by one", async () => {
    const workspaces = ["18dccc91-0ab1-4f72-9ed7-0b8fc27c5826", "0da998a2-0d7b-49c7-bb6e-9f7eb9cc68a0"];
    const asked: unknown[] = [];
    server.afterCall = ({ parameters }) => void asked.push(parameters["workspaceIds"]);
    expect(await (await open()).jobs({ workspaces })).toEqual([]);
    expect(asked.at(-1)).toEqual(workspaces);
  });

  it("requests of a client are repeated after 429, 5xx and a lost connection", async () => {
    const { jobId } = server.add();
    const airbyte = await open();
    server.faults.push(
      { status: 429, headers: { "retry-after": "0" } },
      { operation: "getJob", status: 503 },
      { operation: "getJob", status: 0 },
    );
    expect((await airbyte.job(jobId)).jobId).toBe(jobId);
    expect(server.calls).toEqual(["createAccessToken", "createAccessToken", "getJob", "getJob", "getJob"]);
    server.faults.push(...Array.from({ length: 3 }, () => ({ status: 502, body: "<html>bad gateway</html>" })));
    const error = await failure((await open({ retries: 1, token: "t", clientId: undefined, clientSecret: undefined })).job(jobId));
    expect(error).toMatchObject({ code: "unavailable", status: 502 });
  });

  it("a request that starts something is repeated only if the server did nothing", async () => {
    const airbyte = await open();
    server.faults.push({ operation: "createJob", status: 500 });
    expect((await failure(airbyte.trigger(SHOP))).code).toBe("unavailable");
    server.faults.push({ operation: "createJob", status: 429, headers: { "retry-after": "0" } });
    expect((await airbyte.trigger(SHOP)).status).toBe("running");
    expect(server.calls.filter((call) => call === "createJob")).toHaveLength(3);
  });

  it("requests of a client say what is wrong with the answer, the job or the address", async () => {
    const airbyte = await open();
    expect((await failure(airbyte.job(1))).code).toBe("not_found");
    server.faults.push({ operation: "getJob", status: 200, body: "<html>dashboard</html>" });
    expect((await failure(airbyte.job(1))).message).toContain("not JSON. Is the URL the one of its API?");
    server.faults.push({ operation: "getJob", status: 200, body: '{"id":"x","status":"running"}' });
    expect((await failure(airbyte.job(1))).message).toContain("jobId");
    server.faults.push({ operation: "listJobs", status: 200, body: "{}" });
    expect((await failure(airbyte.jobs())).code).toBe("unexpected");
    expect((await failure((await open({ url: "http://127.0.0.1:1", retries: 0 })).jobs())).message).toContain("cannot be reached");
    server.add({ status: "running" });
    expect((await failure(airbyte.trigger(SHOP))).message).toContain("HTTP 409 A sync is already running for the connection");
    await expect(open({ url: "airbyte" })).rejects.toThrow('"airbyte" is no URL of an Airbyte server');
  });
});

describe("an Airbyte sync", () => {
  const progress = [
    { status: "running", rowsSynced: 10, bytesSynced: 100 },
    { status: "incomplete", rowsSynced: 20, bytesSynced: 200 },
    { status: "succeeded", rowsSynced: 30, bytesSynced: 300, duration: "PT1M" },
  ] as const;

  it("an Airbyte sync is started and waited for, with its progress in the log", async () => {
    const left = [...progress];
    server.afterCall = ({ operation, parameters }) => {
      const next = operation.operationId === "getJob" ? left.shift() : undefined;
      if (next) server.update(Number(parameters["jobId"]), next);
    };
    expect(await (await open()).sync(SHOP, { pollEvery: 0.01 })).toMatchObject({
      jobId: 101,
      status: "succeeded",
      rowsSynced: 30,
      duration: "PT1M",
    });
    expect(logged).toEqual([
      "Airbyte job 101 started",
      "Airbyte job 101: running, 0 rows, 0 bytes",
      "Airbyte job 101: running, 10 rows, 100 bytes",
      "Airbyte job 101: incomplete, 20 rows, 200 bytes",
      "Airbyte job 101: succeeded, 30 rows, 300 bytes",
    ]);
  });

  it("an Airbyte sync that fails or is cancelled throws", async () => {
    const airbyte = await open();
    const failed = server.add({ status: "failed" });
    expect(await failure(airbyte.wait(failed.jobId))).toMatchObject({ code: "job_failed", jobId: failed.jobId });
    const cancelled = server.add({ status: "cancelled" });
    expect(await failure(airbyte.wait(cancelled.jobId))).toMatchObject({ code: "job_cancelled" });
  });

  it("an Airbyte sync joins the one that is running already", async () => {
    const running = server.add({ status: "running" });
    server.afterCall = ({ operation }) => operation.operationId === "listJobs" && server.update(running.jobId, { status: "succeeded" });
    expect((await (await open()).sync(SHOP, { pollEvery: 0.01 })).jobId).toBe(running.jobId);
    expect(logged[0]).toContain("is running already");
  });

  it("an Airbyte sync is cancelled on the server when the step is canceled, at whatever moment", async () => {
    for (const moment of ["createJob", "getJob"]) {
      const controller = new AbortController();
      const airbyte = await open({}, controller.signal);
      server.afterCall = ({ operation }) => operation.operationId === moment && controller.abort(new Error("canceled"));
      await expect(airbyte.sync(SHOP, { pollEvery: 60 })).rejects.toThrow();
      expect([...server.jobs.values()].at(-1)?.status).toBe("cancelled");
    }
  });
});
