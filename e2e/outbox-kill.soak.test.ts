/** A deployment is killed between every two statements while it stores and sends messages. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PROGRAM = new URL("../apps/control-plane/src/testing/outbox-process.ts", import.meta.url).pathname;
const MESSAGES = 2;

/** Key -> body of each request. */
let received: { readonly key: string; readonly body: string }[] = [];
let server: Server;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-outbox-"));
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      received.push({ key: String(request.headers["idempotency-key"]), body });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

async function run(path: string, messages: number, killAt: number): Promise<{ readonly signal: string | null; readonly output: string }> {
  const { port } = server.address() as AddressInfo;
  const args = ["--conditions=headgate-source", "--no-warnings", PROGRAM, path, String(port), String(messages), String(killAt)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (_code, signal) => resolve({ signal, output }));
  });
}

function stored(path: string): { readonly facts: number; readonly messages: number } {
  const database = new DatabaseSync(path);
  const count = (sql: string) => Number(database.prepare(sql).get()?.["n"]);
  const found = {
    facts: count("SELECT count(*) AS n FROM meta WHERE key LIKE 'fact:%'"),
    messages: count("SELECT count(*) AS n FROM outbox"),
  };
  database.close();
  return found;
}

describe("a deployment that is killed while it sends", () => {
  it("loses no message and sends none under two keys", { timeout: 180_000 }, async () => {
    const { output } = await run(join(folder, "whole.db"), MESSAGES, 0);
    const points = Number(output);
    expect(points).toBeGreaterThan(20);
    for (let killAt = 1; killAt <= points; killAt++) {
      received = [];
      const path = join(folder, `${killAt}.db`);
      expect((await run(path, MESSAGES, killAt)).signal).toBe("SIGKILL");
      const { facts } = stored(path);
      expect((await run(path, 0, 0)).signal).toBe(null);
      expect(stored(path)).toEqual({ facts, messages: 0 });
      const keysOf = Map.groupBy(received, ({ body }) => body);
      const bodies = Array.from({ length: facts }, (_, number) => JSON.stringify({ number }));
      expect([...keysOf.keys()].toSorted()).toEqual(bodies);
      for (const requests of keysOf.values()) expect(new Set(requests.map(({ key }) => key)).size).toBe(1);
    }
  });
});
