import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AppError as CoreError, defineJob, select } from "@headgate/sdk";
import { AppError, createClient, type ErrorCode } from "@headgate/sdk/client";
import { launchSchema } from "@headgate/shared/contract/runs/launch.ts";

interface Call {
  readonly method: string;
  readonly path: string;
  readonly input: unknown;
  readonly authorization: string | undefined;
}
type Answer = { readonly status: number; readonly body: unknown };

let server: Server;
let url: string;
let calls: Call[];
let answers: Answer[];

/** A network peer that speaks tRPC's HTTP wire. */
beforeAll(async () => {
  server = createServer((request, response) => {
    void readBody(request).then((text) => {
      const address = new URL(request.url ?? "/", "http://x");
      const query = address.searchParams.get("input");
      calls.push({
        method: request.method ?? "",
        path: address.pathname,
        input: text === "" ? (query === null ? undefined : (JSON.parse(query) as unknown)) : (JSON.parse(text) as unknown),
        authorization: request.headers.authorization,
      });
      const answer = answers.shift() ?? { status: 500, body: "no answer was prepared" };
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
beforeEach(() => {
  calls = [];
  answers = [];
});
afterAll(() => void server.close());

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

const data = (value: unknown): Answer => ({ status: 200, body: { result: { data: value } } });
const client = () => createClient({ url, token: "hg_secret", deployment: "acme/prod" });
const RUN = "0190a0a0-0000-7000-8000-000000000000";

describe("the client", () => {
  it("the client launches a job with what the control plane's schema accepts", async () => {
    answers.push(data({ id: RUN, status: "queued" }), data({ id: RUN, status: "queued" }));
    const run = await client().runs.launch({
      job: defineJob({ name: "bronze", selection: "*" }),
      partition: "2025-01-01",
      tags: { a: "b" },
      config: { assets: { x: { n: 1 } } },
    });
    await client().runs.launch({ selection: select.keys("a").downstream(), priority: 5, requestId: "q1" });
    expect(run.id).toBe(RUN);
    expect(calls[0]).toEqual({
      method: "POST",
      path: "/api/acme/prod/trpc/runs.launch",
      authorization: "Bearer hg_secret",
      input: { target: { job: "bronze", partition: "2025-01-01" }, tags: { a: "b" }, config: { assets: { x: { n: 1 } } } },
    });
    for (const call of calls) expect(launchSchema.safeParse(call.input).success).toBe(true);
  });

  it("the client hands on the fields of a newer control plane", async () => {
    const run = { id: RUN, status: "hibernating", trigger: { type: "moon" }, mood: "fine" };
    answers.push(data({ run, weather: "rain" }));
    expect(await client().runs.get(RUN)).toEqual({ run, weather: "rain" });
  });

  it("the client refuses an answer that is no run", async () => {
    answers.push(data({ something: "else" }));
    await expect(client().runs.get(RUN)).rejects.toMatchObject({ code: "unsupported_version" });
  });

  it("the client waits until a run has ended", async () => {
    for (const status of ["queued", "running", "failed"]) answers.push(data({ run: { id: RUN, status } }));
    const detail = await client().runs.wait(RUN, { every: 0.001 });
    expect(detail.run.status).toBe("failed");
    expect(calls.map((call) => [call.method, call.path, call.input])).toEqual(
      Array.from({ length: 3 }, () => ["GET", "/api/acme/prod/trpc/runs.get", { run: RUN }]),
    );
  });

  it("the client stops waiting when it is told to, or after its time", async () => {
    const stop = new AbortController();
    answers.push(data({ run: { id: RUN, status: "running" } }), data({ run: { id: RUN, status: "running" } }));
    const waiting = client().runs.wait(RUN, { every: 60, signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    await expect(waiting).rejects.toThrow();
    answers.push(data({ run: { id: RUN, status: "running" } }));
    await expect(client().runs.wait(RUN, { timeout: 0 })).rejects.toThrow("is still running");
  });

  it("the client passes on the control plane's own code and message", async () => {
    answers.push(
      {
        status: 404,
        body: {
          error: {
            message: "There is no job 'x'.",
            data: { code: "NOT_FOUND", body: { code: "not_found", message: "There is no job 'x'.", details: { nearest: ["y"] } } },
          },
        },
      },
      { status: 401, body: { error: { code: "unauthenticated", message: "The token was revoked." } } },
      { status: 502, body: "<html>" },
    );
    await expect(client().runs.launch({ job: "x" })).rejects.toMatchObject({
      code: "not_found",
      message: "There is no job 'x'.",
      details: { nearest: ["y"] },
    });
    await expect(client().runs.get(RUN)).rejects.toMatchObject({ code: "unauthenticated", message: "The token was revoked." });
    await expect(client().runs.get(RUN)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("the client throws an AppError that a program can catch and tell apart by its code", async () => {
    answers.push({ status: 401, body: { error: { code: "unauthenticated", message: "The token was revoked." } } });
    const refused = await client()
      .runs.get(RUN)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AppError);
    const code: ErrorCode | null = refused instanceof AppError ? refused.code : null;
    expect(code).toBe("unauthenticated");
    expect(CoreError).toBe(AppError);
  });

  it("the client says what is wrong before it calls", async () => {
    expect(() => createClient({ url, token: "t", deployment: "prod" })).toThrow("write organization/deployment");
    await expect(client().runs.launch({})).rejects.toThrow("either a 'job' or a 'selection'");
    await expect(createClient({ url: "http://127.0.0.1:1", token: "t", deployment: "a/b" }).runs.get(RUN)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("cannot be reached") as string,
    });
    expect(calls).toEqual([]);
  });
});
