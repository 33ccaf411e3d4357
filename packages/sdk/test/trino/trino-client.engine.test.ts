/**
 * Shows that each reason for our own Trino transport still holds for the newest `trino-client`. A failing test means that the client got
 * better: read docs/decisions/0011-own-trino-transport.md again.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signature, startFakeTrino, type FakePage, type FakeTrino } from "./fake-trino.test-support.ts";
import { engineScript } from "./trino-server.test-support.ts";

interface Page {
  readonly data?: readonly (readonly unknown[])[];
  readonly error?: { readonly errorName: string };
}
interface Client {
  query(sql: string): Promise<AsyncIterable<Page>>;
}
interface Package {
  readonly Trino: { create(options: { readonly server: string; readonly session?: Readonly<Record<string, string>> }): Client };
}

const folder = mkdtempSync(join(tmpdir(), "headgate-trino-client-"));
let library: Package;

beforeAll(async () => {
  try {
    await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, "trino-client@latest"]);
  } catch (error) {
    const { EngineUnavailable } = await engineScript<{ EngineUnavailable: new (message: string) => Error }>("engine-files.mjs");
    throw new EngineUnavailable(`trino-client cannot be installed: ${error instanceof Error ? error.message : String(error)}`);
  }
  library = createRequire(join(folder, "package.json"))("trino-client") as Package;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COLUMNS = [["n", signature("bigint")]] as const;
const ONE_ROW: FakePage = { columns: COLUMNS, data: "[[1]]" };
const FAILURE: FakePage = {
  more: { error: { message: "no such table", errorCode: 46, errorName: "TABLE_NOT_FOUND", errorType: "USER_ERROR" } },
};

const clientOf = (trino: FakeTrino, session?: Readonly<Record<string, string>>): Client =>
  library.Trino.create({ server: trino.url, ...(session && { session }) });

async function pagesOf(client: Client, sql = "select 1"): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for await (const page of await client.query(sql)) pages.push(page);
  return pages;
}

describe("a reason for our own Trino transport", () => {
  it("trino-client ends a failed query without throwing", async () => {
    const pages = await pagesOf(clientOf(await startFakeTrino({ pages: [{}, ONE_ROW, FAILURE] })));
    expect(pages.at(-1)?.error?.errorName).toBe("TABLE_NOT_FOUND");
  });

  it("trino-client loses an error that comes with the first answer", async () => {
    expect(await pagesOf(clientOf(await startFakeTrino({ pages: [FAILURE] })))).toEqual([]);
  });

  it("trino-client gives up at the first 503", async () => {
    const trino = await startFakeTrino({
      pages: [{}, ONE_ROW],
      misbehave: ({ method }, count) => (method === "GET" && count === 0 ? { status: 503 } : undefined),
    });
    await expect(pagesOf(clientOf(trino))).rejects.toThrow("503");
  });

  it("trino-client waits without a limit for a silent server", async () => {
    const trino = await startFakeTrino({ pages: [{}, ONE_ROW], misbehave: ({ method }) => (method === "GET" ? "hang" : undefined) });
    const outcome = pagesOf(clientOf(trino)).then(
      () => "answered",
      () => "gave up",
    );
    expect(await Promise.race([outcome, sleep(5_000, "still waiting")])).toBe("still waiting");
  });

  it("trino-client leaves a query running when the reader stops early", async () => {
    const trino = await startFakeTrino({ pages: [{}, ONE_ROW], isEndless: true });
    for await (const page of await clientOf(trino).query("select 1")) if (page.data) break;
    await sleep(200);
    expect(trino.of("DELETE")).toEqual([]);
  });

  it("trino-client rounds a bigint beyond 2^53", async () => {
    const trino = await startFakeTrino({ pages: [{}, { columns: COLUMNS, data: "[[9007199254740993]]" }] });
    expect((await pagesOf(clientOf(trino)))[0]?.data).toEqual([[9_007_199_254_740_992]]);
  });

  it("trino-client lets USE of one query change the next query", async () => {
    const trino = await startFakeTrino({ pages: [{ headers: { "X-Trino-Set-Schema": "gold" } }] });
    const client = clientOf(trino);
    await pagesOf(client, "use lakehouse.gold");
    await pagesOf(client);
    expect(trino.of("POST").map(({ headers }) => headers["x-trino-schema"])).toEqual([undefined, "gold"]);
  });

  it("trino-client forgets the first SET SESSION at the second", async () => {
    const answers = ["first=1", "second=2"].map((value) => ({ headers: { "X-Trino-Set-Session": value } }));
    const trino = await startFakeTrino({ pages: answers });
    const client = clientOf(trino);
    await pagesOf(client);
    await pagesOf(client);
    expect(trino.of("POST").at(-1)?.headers["x-trino-session"]).toBe("second=2");
  });

  it("trino-client sends session values without encoding them", async () => {
    const trino = await startFakeTrino({ pages: [ONE_ROW] });
    await pagesOf(clientOf(trino, { label: "a,b=c" }));
    expect(trino.of("POST")[0]?.headers["x-trino-session"]).toBe("label=a,b=c");
  });

  it("trino-client does not ask for timestamps with all digits", async () => {
    const trino = await startFakeTrino({ pages: [ONE_ROW] });
    await pagesOf(clientOf(trino));
    expect(trino.of("POST")[0]?.headers["x-trino-client-capabilities"]).toBeUndefined();
  });
});
