import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { QUERY_GUARD } from "../../src/integrations/dbt/programs/query-guard.ts";
import { makeAuthority } from "@headgate/shared/testing/certificates.ts";

const python = fileURLToPath(new URL("../../../../.venv/bin/python", import.meta.url));

/** Of the authority's name, as `openssl x509 -hash` says it: in a folder of authorities each is looked up by it. */
const AUTHORITY_HASH = "4adee6b2";

/** What dbt does on Trino, as far as the guard sees it. */
const QUERY = `
import json, os, sys, threading
${QUERY_GUARD}
import requests, trino

guard_queries()
url, verify, query = sys.argv[1:4]
session = requests.Session()
session.verify = json.loads(verify)
session.headers["X-Bytes"] = b"bytes" if query == "select 1" else "text"
connection = trino.dbapi.connect(host=url, user="dbt", http_session=session)
print(json.dumps(connection.cursor().execute(query).fetchall()))
`;

/** As much of a coordinator as the protocol of a query needs: `select 1` ends, others run on. */
async function coordinator() {
  const authority = makeAuthority();
  const folder = mkdtempSync(join(tmpdir(), "headgate-guard-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "ca.pem");
  writeFileSync(file, authority.cert);
  const hashed = join(folder, "authorities");
  mkdirSync(hashed);
  writeFileSync(join(hashed, `${AUTHORITY_HASH}.0`), authority.cert);

  const running = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<string>();
  const { cert, key } = authority.issue("localhost");
  const server = createServer({ cert, key }, (request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const kind = request.method === "POST" ? (body === "select 1" ? "short" : "long") : (request.url?.split("/")[3] ?? "");
      const answer = { id: "q1", infoUri: url, stats: { state: "RUNNING" } };
      if (request.method === "DELETE") {
        response.writeHead(204).end();
        cancelled.resolve(request.url ?? "");
      } else if (request.method === "POST") {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ ...answer, nextUri: `${url}/v1/statement/${kind}/1` }));
      } else if (kind === "long") running.resolve();
      else {
        response.setHeader("content-type", "application/json");
        const columns = [{ name: "n", type: "integer", typeSignature: { rawType: "integer", arguments: [] } }];
        response.end(JSON.stringify({ ...answer, stats: { state: "FINISHED" }, columns, data: [[1]] }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url, file, folder: hashed, running: running.promise, cancelled: cancelled.promise };
}

function startQuery(url: string, given: { readonly query: string; readonly verify: unknown; readonly env: NodeJS.ProcessEnv }) {
  const { REQUESTS_CA_BUNDLE: _requests, CURL_CA_BUNDLE: _curl, ...env } = process.env;
  const child = spawn(python, ["-c", QUERY, url, JSON.stringify(given.verify), given.query], {
    env: { ...env, ...given.env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

type Coordinator = Awaited<ReturnType<typeof coordinator>>;

test.for<[string, (trino: Coordinator) => { readonly verify: unknown; readonly env: NodeJS.ProcessEnv }]>([
  ["the bundle of REQUESTS_CA_BUNDLE", ({ file }) => ({ verify: true, env: { REQUESTS_CA_BUNDLE: file } })],
  ["the folder of CURL_CA_BUNDLE", ({ folder }) => ({ verify: true, env: { CURL_CA_BUNDLE: folder } })],
  ["a folder of authorities", ({ folder }) => ({ verify: folder, env: {} })],
  ["no authority, as dbt does where the profile has no cert", () => ({ verify: null, env: {} })],
])("the query of a killed process is cancelled where its connection trusts %s", async ([, trust]) => {
  const trino = await coordinator();
  const child = startQuery(trino.url, { query: "select forever", ...trust(trino) });
  await trino.running;
  child.kill("SIGKILL");
  expect(await trino.cancelled).toBe("/v1/statement/long/1");
});

test("a query whose headers cannot be handed to the guard goes on without it", async () => {
  const trino = await coordinator();
  const child = startQuery(trino.url, { query: "select 1", verify: trino.file, env: {} });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  expect(await once(child, "close")).toEqual([0, null]);
  expect(JSON.parse(said)).toEqual([[1]]);
});
