/** The S3 client, sensor and IO manager against real servers. */
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allPartitions, defineAsset, defineJob, staticPartitions } from "@headgate/sdk";
import { S3Error, s3FileSensor, s3IoManager, s3Resource, type S3, type S3ResourceOptions } from "@headgate/sdk/s3";
import { evaluateSensor } from "@headgate/sdk/testing";
import { only, runStep } from "../run-step.test-support.ts";
import { fetchFromLoopback, S3_ENGINES, startS3, type RunningS3 } from "./s3-server.test-support.ts";

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.catch((reason: unknown) => reason);
  return error instanceof S3Error ? error.code : `no S3Error: ${String(error)}`;
};
const keysOf = async (s3: S3, options: Parameters<S3["list"]>[0]): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of s3.list(options)) keys.push(key);
  return keys;
};
const STRANGE = ["a b+c%25&d=e.csv", "ünïcode/日本.csv", "quote'(1)!*~.txt", "deep/er/und/er", "tab\tnew", "x?y#z"];

describe.each(S3_ENGINES)("%s", (engine) => {
  let running: RunningS3;
  let s3: S3;
  beforeAll(async () => {
    running = await startS3(engine);
    s3 = running.client();
  });
  afterAll(() => running?.stop());

  it("the S3 client keeps texts, bytes and streams of any size whole", async () => {
    const big = randomBytes(8 * 1024 * 1024 + 7);
    const parts = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < big.length; at += 1_000_003) yield await Promise.resolve(big.subarray(at, at + 1_000_003));
    };
    await s3.put("whole/text", "grüße", { contentType: "text/plain", metadata: { who: "me" } });
    await s3.put("whole/empty", "");
    const { etag } = await s3.put("whole/bytes", big);
    await s3.put("whole/stream", { stream: parts(), size: big.length });
    expect(etag).toBe(createHash("md5").update(big).digest("hex"));
    expect(await (await s3.get("whole/text")).text()).toBe("grüße");
    expect(await (await s3.get("whole/empty")).bytes()).toHaveLength(0);
    expect(big.equals(await (await s3.get("whole/stream")).bytes())).toBe(true);
    const hash = createHash("md5");
    for await (const part of (await s3.get("whole/bytes")).stream()) hash.update(part);
    expect(hash.digest("hex")).toBe(etag);
    expect(await s3.head("whole/text")).toMatchObject({ size: 7, contentType: "text/plain", metadata: { who: "me" } });
  });

  it("the S3 client gives ranges, copies and deletes, also what is not there", async () => {
    await s3.put("range/from", "0123456789");
    const part = await s3.get("range/from", { range: { start: 2, end: 5 } });
    expect([await part.text(), part.size]).toEqual(["234", 10]);
    expect(await (await s3.get("range/from", { range: { start: 8 } })).text()).toBe("89");
    expect(await codeOf(s3.get("range/from", { range: { start: 100 } }))).toBe("rejected");
    await s3.copy("range/from", "range/to ü+1");
    expect(await (await s3.get("range/to ü+1")).text()).toBe("0123456789");
    await s3.delete("range/from");
    await s3.delete("range/from");
    expect(await codeOf(s3.get("range/from"))).toBe("no_such_key");
    expect(await codeOf(s3.get("range/to ü+1", { ifMatch: "0123456789abcdef0123456789abcdef" }))).toBe("precondition_failed");
  });

  it("the S3 client keeps strange keys apart", async () => {
    for (const key of STRANGE) await s3.put(`strange/${key}`, key);
    expect((await keysOf(s3, { prefix: "strange/" })).toSorted()).toEqual(STRANGE.map((key) => `strange/${key}`).toSorted());
    for (const key of STRANGE) expect(await (await s3.get(`strange/${key}`)).text()).toBe(key);
  });

  it("the S3 client lists page after page, behind a key and below a prefix", async () => {
    const keys = Array.from({ length: 57 }, (_, index) => `many/${String(index).padStart(3, "0")}`);
    await Promise.all(keys.map((key) => s3.put(key, key)));
    expect(await keysOf(s3, { prefix: "many/", pageSize: 10 })).toEqual(keys);
    expect(await keysOf(s3, { prefix: "many/", startAfter: "many/049" })).toEqual(keys.slice(50));
    expect(await keysOf(s3, { prefix: "none/" })).toEqual([]);
  });

  it("the S3 client answers what is wrong with typed errors", async () => {
    const { server, client } = running;
    expect(await codeOf(s3.head("nope"))).toBe("no_such_key");
    expect(await codeOf(s3.get("nope", { bucket: "no-such-bucket" }))).toBe("no_such_bucket");
    expect(await codeOf(keysOf(s3, { bucket: "no-such-bucket" }))).toBe("no_such_bucket");
    expect(await codeOf(client({ secretAccessKey: "wrong" }).get("nope"))).toBe("denied");
    expect(await codeOf(client({ accessKeyId: "GKunknown" }).head("nope"))).toBe("denied");
    if (server.reader) expect(await codeOf(client(server.reader).get("nope"))).toBe("denied");
    for (const call of ["get", "head"] as const) {
      const elsewhere = client({ region: "mars-north-1" });
      const error: unknown = await elsewhere[call]("nope").catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "wrong_region" });
      expect(String(error)).toContain(`"${server.region}"`);
    }
    const short = ReadableStream.from([new TextEncoder().encode("abc")]);
    expect(await codeOf(s3.put("short", { stream: short, size: 10 }))).toBe("rejected");
    expect(await codeOf(s3.get("short"))).toBe("no_such_key");
  });

  it("the S3 client is found by host names as well", async () => {
    const { server, client } = running;
    const { port } = new URL(server.endpoint);
    await s3.put("virtual", "hosted");
    const hosts: string[] = [];
    const virtual = client({
      endpoint: `http://${server.virtualDomain}:${port}`,
      addressing: "virtual",
      fetch: (input, init) => {
        hosts.push(new URL(input instanceof Request ? input.url : input).hostname);
        return fetchFromLoopback(input, init);
      },
    });
    expect(await (await virtual.get("virtual")).text()).toBe("hosted");
    expect(await keysOf(virtual, { prefix: "virtual" })).toEqual(["virtual"]);
    expect(new Set(hosts)).toEqual(new Set([`${server.bucket}.${server.virtualDomain}`]));
  });

  it("the S3 client stops a transfer at once when it is aborted", async () => {
    await s3.put("abort", randomBytes(4 * 1024 * 1024));
    const controller = new AbortController();
    const body = await s3.get("abort", { signal: controller.signal });
    controller.abort(new Error("no more"));
    await expect(body.bytes()).rejects.toThrow();
    await expect(s3.put("abort", "x", { signal: controller.signal })).rejects.toThrow("no more");
  });

  const resource = () => {
    const { endpoint, region, bucket } = running.server;
    return s3Resource({ endpoint, region, bucket, accessKeyId: { env: "TEST_S3_ID" }, secretAccessKey: { env: "TEST_S3_SECRET" } });
  };
  const env = () => ({ TEST_S3_ID: running.server.accessKeyId, TEST_S3_SECRET: running.server.secretAccessKey });

  it("the S3 client fails the asset that used it, and tells whether another attempt can help", async () => {
    const { endpoint, region, bucket } = running.server;
    const keys = { accessKeyId: running.server.accessKeyId, secretAccessKey: "wrong" };
    const outcomeOf = async (options: S3ResourceOptions) => {
      const store = s3Resource({ ...options, key: "s3" });
      const asset = defineAsset({
        key: "a",
        requires: [store],
        run: async ({ resources }) => void (await (await resources.s3.get("none")).text()),
      });
      return (await runStep([asset], "a", { resources: [store], env: env() })).outcome;
    };
    const denied = await outcomeOf({ endpoint, region, bucket, ...keys });
    expect(denied).toMatchObject({ outcome: "failed", retryable: false });
    expect(JSON.stringify(denied)).toContain(`denies GET of s3://${bucket}/none`);
    const right = { accessKeyId: { env: "TEST_S3_ID" }, secretAccessKey: { env: "TEST_S3_SECRET" } };
    const missing = await outcomeOf({ endpoint, region, bucket, ...right });
    expect(missing).toMatchObject({ outcome: "failed", retryable: true });
    expect(JSON.stringify(missing)).toContain(`There is no object s3://${bucket}/none`);
    const down = await outcomeOf({ endpoint: "http://127.0.0.1:1", retries: 1, bucket, ...right });
    expect(down).toMatchObject({ outcome: "failed", retryable: true });
  });

  it("a sensor on a real bucket asks once for each object", async () => {
    const job = defineJob({ name: "load", selection: "*" });
    const sensor = s3FileSensor({ name: "files", s3: resource(), prefix: "arrive/", pattern: "*.csv", job });
    let cursor: string | null = null;
    const requested: (string | undefined)[] = [];
    const tick = async (): Promise<number> => {
      const result = await evaluateSensor(sensor, { cursor, env: env() });
      cursor = result.cursor;
      requested.push(...result.runs.map(({ runKey }) => runKey));
      return result.runs.length;
    };
    await s3.put("arrive/old.csv", "known");
    expect(await tick()).toBe(0);
    for (const batch of [["m", "z"], ["a"], [], ["b", "y", "c"]]) {
      for (const name of batch) await s3.put(`arrive/${name}.csv`, name);
      await s3.put("arrive/ignored.txt", String(batch.length));
      expect(await tick()).toBe(batch.length);
    }
    expect(await tick()).toBe(0);
    await s3.put("arrive/a.csv", "new content");
    expect(await tick()).toBe(1);
    expect(new Set(requested).size).toBe(7);
  });

  it("the S3 client keeps values of assets and their partitions", async () => {
    const ioManager = s3IoManager({ s3: resource(), prefix: "values/" });
    const partitions = staticPartitions(["2025-01-01", "a/b c"]);
    const daily = defineAsset({ key: "daily", ioManager, partitions, run: ({ partition }) => ({ day: partition.key, at: new Date(0) }) });
    const nested = defineAsset({ key: "daily/other", ioManager, run: () => 1 });
    const missing = defineAsset({ key: "missing", ioManager, run: () => 1 });
    const needs = defineAsset({ key: "needs", inputs: { missing }, run: () => 2 });
    const seen: unknown[] = [];
    const total = defineAsset({ key: "total", inputs: { all: allPartitions(daily) }, run: ({ inputs }) => void seen.push(inputs.all) });
    const run = (unit: string, partition: string | null = null) =>
      runStep([daily, nested, missing, needs, total], unit, {
        env: env(),
        job: { assets: [unit], partition: partition === null ? null : { key: partition, start: null, end: null } },
      });
    for (const key of ["2025-01-01", "a/b c"]) {
      const { events } = await run("daily", key);
      expect(only(events, "asset_materialized")).toMatchObject([
        { metadata: { stored_at: { value: `s3://lakehouse/values/daily/${encodeURIComponent(key)}.v8` } } },
      ]);
    }
    await run("daily/other");
    await run("total");
    expect(seen).toEqual([
      new Map([
        ["2025-01-01", { day: "2025-01-01", at: new Date(0) }],
        ["a/b c", { day: "a/b c", at: new Date(0) }],
      ]),
    ]);
    const { outcome } = await run("needs");
    expect(outcome).toMatchObject({ outcome: "failed", failure: { message: "missing has no stored value; materialize it first." } });
  });
});
