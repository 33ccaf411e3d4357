/** Values in S3 under keys that are too long for a name, on a server that keeps objects as files. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { serialize } from "node:v8";
import { describe, expect, it, onTestFinished } from "vitest";
import { allPartitions, defineAsset, dynamicPartitions } from "@headgate/sdk";
import { s3IoManager, s3Resource } from "@headgate/sdk/s3";
import { runStep } from "../run-step.test-support.ts";

const REPORT = "売上/2026年11月/東京支店_日次売上明細_確定版_経理部提出用_修正第二版.csv";
const MAX_NAME = 255;

/** Only what values need: put, get and list, with the limit of file names. */
async function startStore() {
  const objects = new Map<string, Buffer>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://store");
    const key = decodeURIComponent(url.pathname.slice("/b/".length));
    const body = await buffer(request);
    if (url.searchParams.has("list-type")) return response.end(listing(objects, url.searchParams.get("prefix") ?? ""));
    if (request.method === "PUT") {
      if (key.split("/").some((name) => Buffer.byteLength(name) > MAX_NAME)) return response.writeHead(400).end(errorOf("InvalidArgument"));
      objects.set(key, body);
      return response.setHeader("etag", '"e"').end();
    }
    const found = objects.get(key);
    if (!found) return response.writeHead(404).end(errorOf("NoSuchKey"));
    return response.setHeader("etag", '"e"').setHeader("last-modified", new Date(0).toUTCString()).end(found);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { objects, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function listing(objects: ReadonlyMap<string, Buffer>, prefix: string): string {
  const entries = [...objects].filter(([key]) => key.startsWith(prefix)).sort();
  const xml = entries.map(
    ([key, { length }]) =>
      `<Contents><Key>${key}</Key><Size>${length}</Size><ETag>"e"</ETag><LastModified>1970-01-01T00:00:00Z</LastModified></Contents>`,
  );
  return `<ListBucketResult><IsTruncated>false</IsTruncated>${xml.join("")}</ListBucketResult>`;
}

function errorOf(code: string): string {
  return `<Error><Code>${code}</Code><Message>no</Message></Error>`;
}

async function project(key = "files") {
  const store = await startStore();
  const s3 = s3Resource({ key: "s3", endpoint: store.endpoint, bucket: "b", accessKeyId: "id", secretAccessKey: "secret", retries: 0 });
  const partitions = dynamicPartitions("files");
  const ioManager = s3IoManager({ s3 });
  const files = defineAsset({ key, ioManager, partitions, run: ({ partition }) => partition.key.length });
  let seen: unknown;
  const same = defineAsset({ key: "same", partitions, inputs: { files }, run: ({ inputs }) => void (seen = inputs.files) });
  const all = defineAsset({ key: "all", inputs: { files: allPartitions(files) }, run: ({ inputs }) => void (seen = inputs.files) });
  const run = async (unit: string, partition: string | null) => {
    const job = { partition: partition === null ? null : { key: partition, start: null, end: null } };
    const { outcome } = await runStep([files, same, all], unit, { resources: [s3], job });
    return outcome.outcome === "failed" ? outcome.failure.message : seen;
  };
  return { run, objects: store.objects };
}

describe("values in S3", () => {
  it("values under long keys are found again and listed", async () => {
    const { run, objects } = await project();
    await run("files", REPORT);
    await run("files", "short");
    expect(await run("same", REPORT)).toBe(REPORT.length);
    expect(await run("all", null)).toEqual(
      new Map([
        ["short", 5],
        [REPORT, REPORT.length],
      ]),
    );
    expect([...objects.keys()].sort()).toEqual([
      expect.stringMatching(/^values\/files\/[0-9a-f]{64}\.key$/),
      expect.stringMatching(/^values\/files\/[0-9a-f]{64}\.long$/),
      "values/files/short.v8",
    ]);
  });

  it("values of an asset with a long key are found again", async () => {
    const key = `lake/${"a".repeat(400)}`;
    const { run } = await project(key);
    await run(key, "one");
    expect(await run("same", "one")).toBe(3);
    expect(await run("all", null)).toEqual(new Map([["one", 3]]));
  });

  it("values that an earlier release kept under long names are read", async () => {
    const { run, objects } = await project();
    objects.set(`values/files/${encodeURIComponent(REPORT)}.v8`, serialize("old"));
    expect(await run("same", REPORT)).toBe("old");
    expect(await run("all", null)).toEqual(new Map([[REPORT, "old"]]));
    await run("files", REPORT);
    expect(await run("same", REPORT)).toBe(REPORT.length);
    expect(await run("all", null)).toEqual(new Map([[REPORT, REPORT.length]]));
  });
});
