/** What becomes of each S3 call when the server, or something between, has a bad day: found again, or told with its reason. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createS3Client, S3Error, type S3 } from "@headgate/sdk/s3";

type Answer = (response: ServerResponse, count: number, request: IncomingMessage) => void;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(answer: Answer): Promise<{ readonly s3: S3; readonly requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.headers["if-match"] ?? ""}`.trim());
    request.resume();
    request.on("end", () => answer(response, requests.length, request));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keys = { accessKeyId: "id", secretAccessKey: "secret" };
  return { requests, s3: createS3Client({ endpoint, bucket: "b", ...keys, timeout: 0.3, retries: 2 }) };
}

const TEXT = "ten letters";
const ETAG = `"${createHash("md5").update(TEXT).digest("hex")}"`;
const HTML = "<html><body>Sign in to the network</body></html>";
const error = (code: string, message = "said by the server", more = ""): string =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message>${more}<RequestId>r-1</RequestId></Error>`;
const page = (inner: string): string => `<?xml version="1.0"?><ListBucketResult>${inner}</ListBucketResult>`;
const entry = (key: string): string =>
  `<Contents><Key>${key}</Key><LastModified>2025-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>`;
const more = (token: string, ...keys: readonly string[]): string =>
  page(`<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>${keys.map(entry).join("")}`);
const last = (...keys: readonly string[]): string => page(`<IsTruncated>false</IsTruncated>${keys.map(entry).join("")}`);
const copied = `<CopyObjectResult><LastModified>2025-01-01T00:00:00Z</LastModified><ETag>&quot;e&quot;</ETag></CopyObjectResult>`;

const whole = (response: ServerResponse, text = TEXT): unknown => response.writeHead(200, { etag: ETAG }).end(text);
const web = (response: ServerResponse): unknown => response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(HTML);
const cut = (response: ServerResponse, text: string): unknown =>
  response.writeHead(200, { etag: ETAG, "content-length": text.length }).write(text.slice(0, text.length / 2), () => response.destroy());
const stuck = (response: ServerResponse, text: string): unknown =>
  response.writeHead(200, { etag: ETAG, "content-length": text.length }).write(text.slice(0, 3));
/** `first` once, then `then`. */
const once =
  (first: (response: ServerResponse) => unknown, then: (response: ServerResponse) => unknown): Answer =>
  (response, count) =>
    void (count === 1 ? first(response) : then(response));
const always =
  (answer: (response: ServerResponse) => unknown): Answer =>
  (response) =>
    void answer(response);

const get = async (s3: S3): Promise<unknown> => await (await s3.get("k")).text();
const put = async (s3: S3): Promise<unknown> => (await s3.put("k", TEXT)).etag;
const claim = async (s3: S3): Promise<unknown> => (await s3.put("k", TEXT, { ifNotExists: true })).etag;
const copy = async (s3: S3): Promise<unknown> => (await s3.copy("k", "l")).etag;
const list = async (s3: S3): Promise<unknown> => {
  const keys: string[] = [];
  for await (const { key } of s3.list()) keys.push(key);
  return keys;
};
const remove = async (s3: S3): Promise<unknown> => await s3.delete("k");
const plain = ETAG.replaceAll('"', "");

interface Day {
  readonly what: string;
  readonly call: (s3: S3) => Promise<unknown>;
  readonly answer: Answer;
  readonly result?: unknown;
  readonly fails?: { readonly code: S3Error["code"]; readonly says?: RegExp };
  readonly requests?: number;
}

const DAYS: readonly Day[] = [
  { what: "a read that is cut short is repeated", call: get, answer: once((to) => cut(to, TEXT), whole), result: TEXT, requests: 2 },
  { what: "a read that falls silent is repeated", call: get, answer: once((to) => stuck(to, TEXT), whole), result: TEXT, requests: 2 },
  {
    what: "a read with a wrong byte is repeated",
    call: get,
    answer: once((to) => whole(to, "ten letterz"), whole),
    result: TEXT,
    requests: 2,
  },
  {
    what: "a read that is always cut is given up",
    call: get,
    answer: always((to) => cut(to, TEXT)),
    fails: { code: "truncated" },
    requests: 3,
  },
  {
    what: "an object that changes between two reads is no mixture",
    call: get,
    answer: once(
      (to) => cut(to, TEXT),
      (to) => to.writeHead(412).end(error("PreconditionFailed")),
    ),
    fails: { code: "precondition_failed", says: /not in the expected state any more/ },
    requests: 2,
  },
  {
    what: "a login page is no object",
    call: get,
    answer: always(web),
    fails: { code: "unavailable", says: /web page instead of S3's answer.*proxy/ },
  },
  { what: "a login page that goes away is passed", call: get, answer: once(web, whole), result: TEXT, requests: 2 },
  {
    what: "an object that is a web page is read",
    call: get,
    answer: always((to) => to.writeHead(200, { "content-type": "text/html", etag: '"x"' }).end(HTML)),
    result: HTML,
  },
  {
    what: "a login page does not store an object",
    call: put,
    answer: always(web),
    fails: { code: "unavailable", says: /PUT of s3:\/\/b\/k with a web page/ },
  },
  { what: "a login page does not delete an object", call: remove, answer: always(web), fails: { code: "unavailable", says: /DELETE/ } },
  {
    what: "a login page is no empty bucket",
    call: list,
    answer: always(web),
    fails: { code: "unavailable", says: /bucket "b" with a web page/ },
  },
  { what: "a lost answer to a write is repeated", call: put, answer: once((to) => to.destroy(), whole), result: plain, requests: 2 },
  {
    what: "a write whose answer is cut after its head is stored",
    call: put,
    answer: always((to) => to.writeHead(200, { etag: ETAG, "content-length": 10 }).write("x", () => to.destroy())),
    result: plain,
    requests: 1,
  },
  {
    what: "a claim whose answer was lost finds its own object",
    call: claim,
    answer: (to, count, { method }) => {
      if (count === 1) to.destroy();
      else if (method === "HEAD") whole(to, "");
      else to.writeHead(412).end(error("PreconditionFailed"));
    },
    result: plain,
    requests: 3,
  },
  {
    what: "a claim of another writer stays refused",
    call: claim,
    answer: (to, count, { method }) => {
      if (count === 1) to.destroy();
      else if (method === "HEAD") to.writeHead(200, { etag: '"other"' }).end();
      else to.writeHead(412).end(error("PreconditionFailed"));
    },
    fails: { code: "precondition_failed" },
  },
  {
    what: "a claim that is refused at once is not looked at",
    call: claim,
    answer: always((to) => to.writeHead(412).end(error("PreconditionFailed"))),
    fails: { code: "precondition_failed" },
    requests: 1,
  },
  {
    what: "a copy that fails inside of 200 is repeated",
    call: copy,
    answer: once(
      (to) => to.end(error("InternalError")),
      (to) => to.end(copied),
    ),
    result: "e",
    requests: 2,
  },
  {
    what: "a copy whose answer is cut is repeated",
    call: copy,
    answer: once(
      (to) => cut(to, copied),
      (to) => to.end(copied),
    ),
    result: "e",
    requests: 2,
  },
  {
    what: "a copy that is answered with something else says so",
    call: copy,
    answer: always((to) => to.end("fine")),
    fails: { code: "rejected", says: /answer to the copy to s3:\/\/b\/l.*cannot be read/ },
  },
  {
    what: "a page that is cut short is read again",
    call: list,
    answer: once(
      (to) => cut(to, last("a")),
      (to) => to.end(last("a")),
    ),
    result: ["a"],
    requests: 2,
  },
  {
    what: "a page that comes again and again ends the listing",
    call: list,
    answer: always((to) => to.end(more("t", "a"))),
    fails: { code: "rejected", says: /repeats a page of bucket "b" without end/ },
    requests: 2,
  },
  {
    what: "a listing survives an error on its last page",
    call: list,
    answer: (to, count) =>
      void to.writeHead(count === 2 ? 503 : 200).end(count === 1 ? more("t", "a") : count === 2 ? error("SlowDown") : last("b")),
    result: ["a", "b"],
    requests: 3,
  },
  {
    what: "an expired session token is told",
    call: get,
    answer: always((to) => to.writeHead(400).end(error("ExpiredToken"))),
    fails: { code: "denied", says: /The session token has expired/ },
    requests: 1,
  },
  {
    what: "a wrong clock is told",
    call: get,
    answer: always((to) => to.writeHead(403).end(error("RequestTimeTooSkewed"))),
    fails: { code: "denied", says: /clock of this machine is wrong/ },
    requests: 1,
  },
  {
    what: "another region is named",
    call: get,
    answer: always((to) => to.writeHead(301).end(error("PermanentRedirect", "elsewhere", "<Region>eu-west-1</Region>"))),
    fails: { code: "wrong_region", says: /Set region to "eu-west-1"/ },
    requests: 1,
  },
  {
    what: "a redirect to another host is not followed",
    call: get,
    answer: always((to) => to.writeHead(302, { location: "http://127.0.0.1:1/" }).end()),
    fails: { code: "rejected", says: /HTTP 302/ },
    requests: 1,
  },
  {
    what: "an operation in conflict is tried again",
    call: put,
    answer: once((to) => to.writeHead(409).end(error("OperationAborted")), whole),
    result: plain,
    requests: 2,
  },
  {
    what: "a refusal that is cut short is asked for again",
    call: get,
    answer: once((to) => to.writeHead(503, { "content-length": 100 }).write("<Err", () => to.destroy()), whole),
    result: TEXT,
    requests: 2,
  },
  {
    what: "a date in Retry-After is a time to wait",
    call: get,
    answer: once((to) => to.writeHead(503, { "retry-after": new Date().toUTCString() }).end(), whole),
    result: TEXT,
    requests: 2,
  },
];

describe("bad days of an S3 server", () => {
  it.each(DAYS)("$what", async ({ call, answer, result, fails, requests }) => {
    const { s3, requests: seen } = await serve(answer);
    const outcome: unknown = await call(s3).catch((reason: unknown) => reason);
    if (fails === undefined) expect(outcome).toEqual(result);
    else {
      expect(outcome).toBeInstanceOf(S3Error);
      expect((outcome as S3Error).code).toBe(fails.code);
      if (fails.says !== undefined) expect((outcome as S3Error).message).toMatch(fails.says);
    }
    if (requests !== undefined) expect(seen).toHaveLength(requests);
  });

  it("a repeated read asks for the same object", async () => {
    const { s3, requests } = await serve(once((to) => cut(to, TEXT), whole));
    await get(s3);
    expect(requests).toEqual(["GET", `GET ${ETAG}`]);
  });
});
