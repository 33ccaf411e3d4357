/** The S3 client against a server that misbehaves in ways that a real one cannot be made to. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createS3Client, S3Error, type S3ClientOptions } from "@headgate/sdk/s3";

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(answer: Answer, options: Partial<S3ClientOptions> = {}) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume();
    answer(request, response, requests.length);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { requests, s3: createS3Client({ endpoint, bucket: "b", accessKeyId: "id", secretAccessKey: "secret", timeout: 5, ...options }) };
}

const failure = async (work: Promise<unknown>): Promise<S3Error> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof S3Error)) throw new Error(`expected an S3Error, got ${String(error)}`);
  return error;
};
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};
const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
const page = (inner: string): string =>
  `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</ListBucketResult>`;
const entry = (key: string): string =>
  `<Contents><Key>${key}</Key><LastModified>2025-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>`;

describe("requests of a client", () => {
  it("requests of a client are repeated after 503, 429, 500 and a lost connection, and then succeed", async () => {
    const { s3, requests } = await serve((_request, response, count) => {
      if (count === 1) response.writeHead(503).end("<Error><Code>SlowDown</Code><Message>later</Message></Error>");
      else if (count === 2) response.writeHead(429, { "retry-after": "0" }).end();
      else if (count === 3) response.writeHead(500).end("<html>proxy</html>");
      else if (count === 4) response.destroy();
      else response.end("fine");
    });
    expect(await (await s3.get("k")).text()).toBe("fine");
    expect(requests).toHaveLength(5);
  });

  it("requests of a client are given up in the end, with what the server said", async () => {
    const { s3, requests } = await serve(
      (_request, response) => response.writeHead(503).end("<Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>"),
      { retries: 2 },
    );
    const error = await failure(s3.put("k", "x"));
    expect(error).toMatchObject({ code: "unavailable", status: 503, serverCode: "SlowDown" });
    expect(error.message).toContain("Reduce your rate");
    expect(requests).toHaveLength(3);
  });

  it("requests of a client are not repeated when that cannot help, nor when a stream was sent", async () => {
    const { s3, requests } = await serve((request, response) => response.writeHead(request.method === "PUT" ? 500 : 403).end());
    expect((await failure(s3.get("k"))).code).toBe("denied");
    expect(requests).toHaveLength(1);
    const stream = ReadableStream.from([new TextEncoder().encode("abc")]);
    expect((await failure(s3.put("k", { stream, size: 3 }))).code).toBe("unavailable");
    expect(requests).toHaveLength(2);
  });

  it("requests of a client end with a time-out when nothing comes, before the answer and within it", async () => {
    const silent = await serve(() => undefined, { timeout: 0.1, retries: 1 });
    const error = await failure(silent.s3.head("k"));
    expect(error.code).toBe("timeout");
    expect(error.message).toContain("within 0.1 s");
    expect(silent.requests).toHaveLength(2);
    const stuck = await serve((_request, response) => response.writeHead(200, { "content-length": "10" }).write("abc"), { timeout: 0.1 });
    expect((await failure((await stuck.s3.get("k")).bytes())).code).toBe("timeout");
  });

  it("requests of a client end when their signal or the client's is aborted", async () => {
    const client = new AbortController();
    const { s3 } = await serve(() => undefined, { signal: client.signal });
    const call = new AbortController();
    const one = s3.get("k", { signal: call.signal });
    call.abort(new Error("enough"));
    await expect(one).rejects.toThrow("enough");
    const two = s3.get("k");
    client.abort(new Error("step canceled"));
    await expect(two).rejects.toThrow("step canceled");
    await expect(s3.get("k")).rejects.toThrow("step canceled");
  });

  it("requests of a client say that there is no connection", async () => {
    const { s3 } = await serve((_request, response) => response.end(), { endpoint: "http://127.0.0.1:1", retries: 0 });
    const error = await failure(s3.delete("k"));
    expect(error.code).toBe("unavailable");
    expect(error.message).toContain("No connection to http://127.0.0.1:1 for DELETE of s3://b/k");
  });
});

describe("the body of an S3 object", () => {
  it("the body of an S3 object that ends early is truncated, as bytes and as a stream", async () => {
    const { s3 } = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("abc", () => response.destroy());
    });
    const error = await failure((await s3.get("k")).text());
    expect(error.code).toBe("truncated");
    expect(error.message).toContain("Only 3 of 10 bytes of s3://b/k");
    expect((await failure(all((await s3.get("k")).stream()))).code).toBe("truncated");
  });

  it("a body that differs from its ETag is corrupt, if the ETag is a checksum", async () => {
    let headers: Record<string, string> = { etag: `"${md5("other")}"` };
    const { s3 } = await serve((_request, response) => response.writeHead(200, headers).end("content"));
    expect((await failure((await s3.get("k")).bytes())).code).toBe("corrupt");
    for (const harmless of [
      { etag: `"${md5("content")}"` },
      { etag: `"${md5("parts")}-3"` },
      { etag: `"${md5("other")}"`, "x-amz-server-side-encryption": "aws:kms" },
    ]) {
      headers = harmless;
      expect(await (await s3.get("k")).text()).toBe("content");
    }
  });

  it("the body of an S3 object may be left half read", async () => {
    const { s3 } = await serve((_request, response) => response.writeHead(200, { "content-length": "1000000" }).write("a".repeat(1000)));
    for await (const part of (await s3.get("k")).stream()) {
      expect(part.byteLength).toBeGreaterThan(0);
      break;
    }
  });

  it("the body of an S3 object that is not JSON says so", async () => {
    const { s3 } = await serve((_request, response) => response.end("a,b"));
    await expect((await s3.get("k")).json()).rejects.toThrow("The object k is not JSON");
  });
});

describe("a listing of S3", () => {
  it("a listing of S3 follows continuation tokens and decodes keys", async () => {
    const { s3, requests } = await serve((_request, response, count) =>
      response.end(
        count === 1
          ? page(
              `<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>t/+=</NextContinuationToken>${entry("a+b%2Bc%20d%C3%BC")}`,
            )
          : page(`<IsTruncated>false</IsTruncated>${entry("plain+key &amp; more")}`),
      ),
    );
    expect(
      (await all(s3.list({ prefix: "p/", startAfter: "s", pageSize: 5 }))).map(({ key, etag, bucket }) => [bucket, key, etag]),
    ).toEqual([
      ["b", "a b+c dü", "e"],
      ["b", "plain+key & more", "e"],
    ]);
    expect(requests[0]).toContain("start-after=s");
    expect(requests[1]).toContain("continuation-token=t%2F%2B%3D");
    expect(requests[1]).not.toContain("start-after");
  });

  it("a listing of S3 is read again when a page arrives cut short", async () => {
    const { s3, requests } = await serve((_request, response, count) => {
      const text = page(`<IsTruncated>false</IsTruncated>${entry("k")}`);
      response.writeHead(200, { "content-length": text.length });
      if (count === 1) response.write(text.slice(0, 50), () => response.destroy());
      else response.end(text);
    });
    expect((await all(s3.list())).map(({ key }) => key)).toEqual(["k"]);
    expect(requests).toHaveLength(2);
  });

  it("a listing of S3 never takes a strange answer for an empty bucket", async () => {
    for (const strange of ["", "<html/>", "not xml", page("<IsTruncated>true</IsTruncated>"), page("<Contents><Key>k</Key></Contents>")]) {
      const { s3 } = await serve((_request, response) => response.end(strange));
      expect((await failure(all(s3.list()))).message).toContain("cannot be read");
    }
  });
});

describe("an S3 client", () => {
  it("an S3 client puts the bucket before the host name when told so", async () => {
    const urls: string[] = [];
    const s3 = createS3Client({
      bucket: "lake",
      region: "eu-central-1",
      accessKeyId: "id",
      secretAccessKey: "secret",
      fetch: (input) => {
        urls.push(String(input));
        return Promise.resolve(new Response(""));
      },
    });
    await s3.put("a b/c+d", "x");
    expect(urls).toEqual(["https://lake.s3.eu-central-1.amazonaws.com/a%20b/c%2Bd"]);
  });

  it("an S3 client refuses what no request can say", async () => {
    const { s3, requests } = await serve((_request, response) => response.end(), { bucket: undefined });
    expect((await failure(s3.get("k"))).message).toContain("No bucket is named");
    for (const key of ["", ".", "a/../b"]) expect((await failure(s3.get(key, { bucket: "b" }))).code).toBe("rejected");
    expect(requests).toEqual([]);
    expect(() => createS3Client({ endpoint: "localhost:9000", accessKeyId: "", secretAccessKey: "" })).toThrow("is no S3 endpoint");
  });
});
