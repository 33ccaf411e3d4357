import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { MAX_BATCHED_BLOB_BYTES } from "@headgate/shared/contract/http/blob-batch.ts";
import { expect, onTestFinished, test } from "vitest";
import { textFile } from "../src/publish/project-files.ts";
import { publishVersion } from "../src/publish/upload.ts";

/** A control plane of an older release that stores files one by one. It records its requests and its files. */
async function olderControlPlane(missing: readonly string[]) {
  const stored = new Set<string>();
  const calls: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const [, , , , ...path] = (request.url ?? "").split("/");
      const call = `${request.method} ${path.length > 1 && path[0] === "blobs" ? "blob" : path.join("/")}`;
      calls.push(call);
      const answer = (status: number, value: unknown): void => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
      };
      if (call === "POST locations/demo/versions") return answer(200, { version: "v1", number: 1, missing, active: false });
      if (call === "POST locations/demo/versions/v1/activate") return answer(200, { id: "v1" });
      if (call !== "PUT blob") return answer(404, { error: { code: "not_found", message: `there is nothing at ${call}` } });
      const sha256 = createHash("sha256").update(body).digest("hex");
      if (path[1] === sha256) stored.add(sha256);
      return answer(200, {});
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stored, calls };
}

test("a control plane without batch upload gets the files one by one", async () => {
  const small = Array.from({ length: 900 }, (_, n) => textFile(`models/m${n}.sql`, `select ${n} as n`));
  const files = [...small, textFile("seeds/large.csv", "x".repeat(MAX_BATCHED_BLOB_BYTES + 1))];
  const { url, stored, calls } = await olderControlPlane(files.map((file) => file.sha256));
  const progress: number[] = [];
  const published = await publishVersion(
    { url, token: "t", deployment: { org: "acme", name: "prod" }, origin: "options" },
    {
      name: "demo",
      manifest: { schema: 1, location: "demo", assets: [], checks: [] } as never,
      files,
      externals: [],
      inputs: [],
      folders: [],
      warnings: [],
    },
    (done) => void progress.push(done),
  );
  expect(published).toMatchObject({ version: { id: "v1" }, uploaded: { files: 901 } });
  expect([...stored].sort()).toEqual(files.map((file) => file.sha256).sort());
  expect(calls.filter((call) => call === "PUT blob")).toHaveLength(901);
  expect(progress.at(-1)).toBe(901);
  // It is asked last what starts by itself, and need not know.
  expect(calls.slice(-2)).toEqual(["POST locations/demo/versions/v1/activate", "POST trpc/switches.list"]);
});
