/** A small S3 client: list, get, put, head, delete, copy. For any server that speaks S3 (AWS, Garage, MinIO, R2, versitygw). */
import { createHash } from "node:crypto";
import { type Duration, millisecondsOf } from "../../options/duration.ts";
import { bodyOf, infoOf, type S3Body, type S3ObjectInfo } from "./body.ts";
import { errorOfAnswer, placeOf, S3Error } from "./errors.ts";
import { streamOf } from "./stream-of.ts";
import { pause, sendRequest, signalsOf, type S3Answer, type S3Connection, type S3Request } from "./transport.ts";
import { parseCopyResult, parseListPage, plainEtag, type ListedObject, type ListPage } from "./xml.ts";

/** An object in a listing. */
export interface S3Object extends ListedObject {
  /** Bucket of the object. */
  readonly bucket: string;
}

/** In another bucket than the client's own, and when to give up. */
export interface S3CallOptions {
  /** Default: that of the client. */
  readonly bucket?: string | undefined;
  /** Aborting it ends the request. */
  readonly signal?: AbortSignal | undefined;
}
/** Options of `list`. */
export interface S3ListOptions extends S3CallOptions {
  /** Only keys that begin so. */
  readonly prefix?: string | undefined;
  /** Only keys behind this one, in the order of their UTF-8 bytes. */
  readonly startAfter?: string | undefined;
  /** Keys per request. Default and most: 1000. */
  readonly pageSize?: number | undefined;
}
/** Options of `get`. */
export interface S3GetOptions extends S3CallOptions {
  /** Bytes from `start` up to and without `end`. */
  readonly range?: { readonly start: number; readonly end?: number | undefined } | undefined;
  /** Fails with `precondition_failed` unless the object has this ETag. */
  readonly ifMatch?: string | undefined;
}
/** Options of `put`. */
export interface S3PutOptions extends S3CallOptions {
  /** Its media type. Default: the server chooses. */
  readonly contentType?: string | undefined;
  /** Metadata of the object, by name. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Fails with `precondition_failed` when the object exists. Not every server knows this: Garage 2.5 overwrites. */
  readonly ifNotExists?: boolean | undefined;
}

/** A body whose size is known but that is not in memory. It can be sent once: a failed upload is not repeated. */
export interface S3Upload {
  /** The content. */
  readonly stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;
  /** How many bytes it has. */
  readonly size: number;
}

/** What `resources.s3` is. Every method throws `S3Error`. */
export interface S3 {
  /** The bucket of calls that name none. */
  readonly bucket: string | undefined;
  /** All objects, page after page, in the order of their keys. */
  list(options?: S3ListOptions): AsyncGenerator<S3Object, void>;
  /** Reads an object, or a part of it. Throws `S3Error` with the code `no_such_key` when there is none. */
  get(key: string, options?: S3GetOptions): Promise<S3Body>;
  /** Writes an object. */
  put(key: string, body: Uint8Array | string | S3Upload, options?: S3PutOptions): Promise<{ readonly etag: string }>;
  /** Reads what is known about an object without its content. */
  head(key: string, options?: S3CallOptions): Promise<S3ObjectInfo>;
  /** Succeeds as well when there is no such object. */
  delete(key: string, options?: S3CallOptions): Promise<void>;
  /** Within the server, at most 5 GiB. */
  copy(
    from: string,
    to: string,
    options?: S3CallOptions & { readonly fromBucket?: string | undefined },
  ): Promise<{ readonly etag: string }>;
}

/** Settings of `createS3Client`. */
export interface S3ClientOptions {
  /** `https://s3.example.com`. Default: AWS in the region. */
  readonly endpoint?: string | undefined;
  /** Default `us-east-1`; many servers have one of their own, e.g. `garage`. */
  readonly region?: string | undefined;
  /** The bucket of calls that name none. */
  readonly bucket?: string | undefined;
  /** Id of the access key. */
  readonly accessKeyId: string;
  /** The secret that belongs to it. */
  readonly secretAccessKey: string;
  /** Token of temporary credentials. Default: none. */
  readonly sessionToken?: string | undefined;
  /** Where the bucket stands: in the path, or before the host name. Default: `virtual` at AWS, `path` elsewhere. */
  readonly addressing?: "path" | "virtual" | undefined;
  /** How often a request is repeated after 429, 5xx, a lost connection or a time-out, with growing pauses. Default 4. */
  readonly retries?: number | undefined;
  /** Time without a byte after which a request is given up. Default 30 seconds. */
  readonly timeout?: Duration | undefined;
  /** Ends everything that is under way. */
  readonly signal?: AbortSignal | undefined;
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
}

/**
 * An S3 client outside of a code location, e.g. in a script; in assets and sensors use `s3Resource`.
 *
 * @example
 * const s3 = createS3Client({ endpoint: "http://127.0.0.1:3900", region: "garage", bucket: "lake", accessKeyId: "GK...", secretAccessKey: "..." });
 * for await (const { key, size } of s3.list({ prefix: "inbox/" })) console.log(key, size);
 * @throws `S3Error` with the code `rejected` when the endpoint is no URL. Its methods throw `S3Error`, too.
 */
export function createS3Client(options: S3ClientOptions): S3 {
  const connection = connectionOf(options);
  const bucketOf = (call: S3CallOptions): string => {
    const bucket = call.bucket ?? options.bucket;
    if (bucket === undefined || bucket === "")
      throw new S3Error("rejected", "No bucket is named: set 'bucket' in the resource or in the call.");
    return bucket;
  };
  const send = (request: S3Request): Promise<S3Answer> => sendRequest(connection, request);
  /** For answers whose body does not matter. */
  const settle = async (request: S3Request): Promise<Headers> => {
    const { response, release, controller } = await send(request);
    try {
      await response.arrayBuffer();
    } catch (error) {
      // The head said that it is done; what was to follow carries nothing.
      if (controller.signal.aborted) throw error;
    } finally {
      release();
    }
    return response.headers;
  };
  return {
    bucket: options.bucket,
    list: (call = {}) => listObjects(connection, bucketOf(call), call),
    get: async (key, call = {}) => {
      const headers = {
        ...(call.range && { range: `bytes=${call.range.start}-${call.range.end === undefined ? "" : call.range.end - 1}` }),
        ...(call.ifMatch !== undefined && { "if-match": `"${call.ifMatch}"` }),
      };
      const request: S3Request = { method: "GET", bucket: bucketOf(call), key, headers, signal: call.signal };
      return bodyOf(key, await send(request), {
        idleMs: connection.timeoutMs,
        again: async (attempt, etag) => {
          if (attempt >= connection.retries) return null;
          await pause(attempt, 0, signalsOf(connection, request));
          // Half of one object and half of the next would be neither.
          const sameAsBefore = etag === null || call.ifMatch !== undefined ? headers : { ...headers, "if-match": etag };
          return await send({ ...request, headers: sameAsBefore });
        },
      });
    },
    put: async (key, body, call = {}) => {
      const headers = {
        ...(call.contentType !== undefined && { "content-type": call.contentType }),
        ...(call.ifNotExists === true && { "if-none-match": "*" }),
        ...Object.fromEntries(Object.entries(call.metadata ?? {}).map(([name, value]) => [`x-amz-meta-${name}`, value])),
      };
      let isRepeated = false;
      const onRepeat = (): void => {
        isRepeated = true;
      };
      const upload = uploadOf(body);
      const request: S3Request = { method: "PUT", bucket: bucketOf(call), key, headers, body: upload, signal: call.signal, onRepeat };
      try {
        return { etag: plainEtag((await settle(request)).get("etag") ?? "") };
      } catch (error) {
        const isMissed = isRepeated && call.ifNotExists === true && error instanceof S3Error && error.code === "precondition_failed";
        const stored = isMissed
          ? await ownUpload(upload, () => settle({ ...request, method: "HEAD", headers: {}, body: undefined }))
          : null;
        if (stored === null) throw error;
        return { etag: stored };
      }
    },
    head: async (key, call = {}) => {
      const request = { bucket: bucketOf(call), key, signal: call.signal };
      try {
        return infoOf(key, await settle({ ...request, method: "HEAD" }));
      } catch (error) {
        // A refused HEAD has no document that says why: a GET of one byte has.
        if (error instanceof S3Error && error.status === 400) await settle({ ...request, method: "GET", headers: { range: "bytes=0-0" } });
        throw error;
      }
    },
    delete: async (key, call = {}) => {
      await settle({ method: "DELETE", bucket: bucketOf(call), key, signal: call.signal });
    },
    copy: async (from, to, call = {}) => {
      const bucket = bucketOf(call);
      const source = `/${call.fromBucket ?? bucket}/${from}`.split("/").map(encodeURIComponent).join("/");
      const request: S3Request = { method: "PUT", bucket, key: to, headers: { "x-amz-copy-source": source }, signal: call.signal };
      return { etag: await copyObject(connection, request) };
    },
  };
}

/** The first try may have stored the object although its answer was lost: then the object that is in the way is ours. */
async function ownUpload(body: NonNullable<S3Request["body"]>, head: () => Promise<Headers>): Promise<string | null> {
  if (!(body instanceof Uint8Array)) return null;
  const etag = plainEtag((await head()).get("etag") ?? "");
  return etag === createHash("md5").update(body).digest("hex") ? etag : null;
}

/** A copy may fail although its status is 200, and its answer may be cut short: both are tried again. */
async function copyObject(connection: S3Connection, request: S3Request): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const answer = await sendRequest(connection, request);
    try {
      const result = parsed(answer, await bodyOf("", answer, { idleMs: connection.timeoutMs }).text(), {
        what: "The answer to the copy to",
        parse: parseCopyResult,
      });
      if (typeof result === "string") return result;
      throw errorOfAnswer(answer.target, { status: 500, headers: answer.response.headers }, result);
    } catch (error) {
      const again = error instanceof S3Error && ["truncated", "timeout", "unavailable"].includes(error.code);
      if (!again || attempt >= connection.retries) throw error;
      await pause(attempt, 0, signalsOf(connection, request));
    }
  }
}

async function* listObjects(connection: S3Connection, bucket: string, options: S3ListOptions): AsyncGenerator<S3Object, void> {
  let token: string | null = null;
  do {
    const query: Record<string, string> = {
      "list-type": "2",
      // XML cannot say every character that a key may have.
      "encoding-type": "url",
      ...(options.prefix !== undefined && options.prefix !== "" && { prefix: options.prefix }),
      ...(options.startAfter !== undefined && token === null && { "start-after": options.startAfter }),
      ...(options.pageSize !== undefined && { "max-keys": String(options.pageSize) }),
      ...(token !== null && { "continuation-token": token }),
    };
    const page = await listPage(connection, { method: "GET", bucket, query, signal: options.signal });
    for (const object of page.objects) yield { bucket, ...object };
    if (page.next !== null && page.next === token)
      throw new S3Error(
        "rejected",
        `${connection.endpoint} repeats a page of bucket "${bucket}" without end: it says the same place to go on from.`,
      );
    token = page.next;
  } while (token !== null);
}

/** A page that arrives cut short is asked for again, as a request that fails is. */
async function listPage(connection: S3Connection, request: S3Request): Promise<ListPage> {
  for (let attempt = 0; ; attempt++) {
    const answer = await sendRequest(connection, request);
    try {
      const text = await bodyOf("", answer, { idleMs: connection.timeoutMs }).text();
      return parsed(answer, text, { what: "The listing of", parse: parseListPage });
    } catch (error) {
      const again = error instanceof S3Error && (error.code === "truncated" || error.code === "timeout");
      if (!again || attempt >= connection.retries) throw error;
      await pause(attempt, 0, signalsOf(connection, request));
    }
  }
}

function parsed<T>(answer: S3Answer, text: string, { what, parse }: { readonly what: string; readonly parse: (text: string) => T }): T {
  try {
    return parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new S3Error("rejected", `${what} ${placeOf(answer.target)} from ${answer.target.endpoint} cannot be read: ${reason}`, {
      status: answer.response.status,
      cause: error,
    });
  }
}

function uploadOf(body: Uint8Array | string | S3Upload): NonNullable<S3Request["body"]> {
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  return { size: body.size, stream: body.stream instanceof ReadableStream ? body.stream : streamOf(body.stream) };
}

function connectionOf(options: S3ClientOptions): S3Connection {
  const region = options.region ?? "us-east-1";
  const endpoint = (options.endpoint ?? `https://s3.${region}.amazonaws.com`).replace(/\/+$/, "");
  if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint))
    throw new S3Error("rejected", `"${endpoint}" is no S3 endpoint; it looks like https://s3.example.com`);
  return {
    endpoint,
    region,
    accessKeyId: options.accessKeyId,
    secretAccessKey: options.secretAccessKey,
    sessionToken: options.sessionToken,
    addressing: options.addressing ?? (/\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname) ? "virtual" : "path"),
    retries: options.retries ?? 4,
    timeoutMs: millisecondsOf(options.timeout ?? 30, "timeout"),
    signal: options.signal,
    fetch: options.fetch ?? fetch,
  };
}
