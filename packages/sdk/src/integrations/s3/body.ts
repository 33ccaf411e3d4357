/** Reads the body of an object and makes sure that it is whole. */
import { createHash, type Hash } from "node:crypto";
import { placeOf, S3Error } from "./errors.ts";
import { streamOf } from "./stream-of.ts";
import type { S3Answer } from "./transport.ts";
import { plainEtag } from "./xml.ts";

/** What is known of an object without reading it. */
export interface S3ObjectInfo {
  /** Key of the object. */
  readonly key: string;
  /** Bytes of the whole object. */
  readonly size: number;
  /** ETag without its quotes. */
  readonly etag: string;
  /** When it was written. */
  readonly lastModified: Date;
  /** Its media type. */
  readonly contentType: string | undefined;
  /** `x-amz-meta-*`, without that prefix. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** An object whose body can be read once, as one of these. */
export interface S3Body extends S3ObjectInfo {
  /** Fails at its end when bytes are missing. */
  stream(): ReadableStream<Uint8Array>;
  /** The whole content. It is asked for again when a part is missing, as `retries` says. */
  bytes(): Promise<Uint8Array>;
  /** The whole content as UTF-8 text. */
  text(): Promise<string>;
  /** The whole content as JSON; it is not checked against the type. */
  json<T = unknown>(): Promise<T>;
}

export function infoOf(key: string, headers: Headers): S3ObjectInfo {
  const metadata: Record<string, string> = {};
  for (const [name, value] of headers) if (name.startsWith("x-amz-meta-")) metadata[name.slice("x-amz-meta-".length)] = value;
  const [, whole] = /\/(\d+)$/.exec(headers.get("content-range") ?? "") ?? [];
  return {
    key,
    size: Number(whole ?? headers.get("content-length") ?? 0),
    etag: plainEtag(headers.get("etag") ?? ""),
    lastModified: new Date(headers.get("last-modified") ?? 0),
    contentType: headers.get("content-type") ?? undefined,
    metadata,
  };
}

export interface BodyOptions {
  /** Milliseconds without a byte after which the body is given up. */
  readonly idleMs: number;
  /** Asks for the same object once more; null when `attempt` were enough. Left out: a body is read once. */
  readonly again?: (attempt: number, etag: string | null) => Promise<S3Answer | null>;
}

/** Another read of the same object may bring what this one did not. */
const READ_AGAIN: readonly string[] = ["truncated", "timeout", "corrupt"];

export function bodyOf(key: string, answer: S3Answer, { idleMs, again }: BodyOptions): S3Body {
  const read = async (): Promise<Buffer> => {
    let current = answer;
    for (let attempt = 0; ; attempt++) {
      try {
        return await wholeOf(current, idleMs);
      } catch (error) {
        if (again === undefined || !(error instanceof S3Error) || !READ_AGAIN.includes(error.code)) throw error;
        const next = await again(attempt, current.response.headers.get("etag"));
        if (next === null) throw error;
        current = next;
      }
    }
  };
  return {
    ...infoOf(key, answer.response.headers),
    stream: () => streamOf(checkedParts(answer, idleMs)),
    bytes: read,
    text: async () => (await read()).toString("utf8"),
    json: async <T>() => parseJson(key, await read()) as T,
  };
}

async function wholeOf(answer: S3Answer, idleMs: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of checkedParts(answer, idleMs)) parts.push(part);
  return Buffer.concat(parts);
}

function parseJson(key: string, data: Buffer): unknown {
  try {
    return JSON.parse(data.toString("utf8")) as unknown;
  } catch (error) {
    throw new TypeError(`The object ${key} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function* checkedParts(answer: S3Answer, idleMs: number): AsyncGenerator<Uint8Array, void> {
  const { response, target, controller } = answer;
  // A compressed transfer is unpacked on the way, so its length says nothing about what arrives here.
  const declared = response.headers.has("content-encoding") ? null : response.headers.get("content-length");
  const hash = md5EtagOf(answer) === null ? null : createHash("md5");
  let received = 0;
  let idle = false;
  const watch = (): NodeJS.Timeout =>
    setTimeout(() => {
      idle = true;
      controller.abort();
    }, idleMs);
  let timer = watch();
  try {
    for await (const part of response.body ?? []) {
      clearTimeout(timer);
      received += part.byteLength;
      hash?.update(part);
      yield part;
      timer = watch();
    }
  } catch (error) {
    if (idle)
      throw new S3Error("timeout", `${target.endpoint} sent nothing of ${placeOf(target)} for ${idleMs / 1000} s.`, { cause: error });
    if (controller.signal.aborted) throw error;
    throw truncated(answer, received, { declared, cause: error });
  } finally {
    clearTimeout(timer);
    answer.release();
    // Nothing more is wanted when the reader stopped early.
    controller.abort();
  }
  if (declared !== null && received !== Number(declared)) throw truncated(answer, received, { declared });
  checkHash(answer, hash);
}

function truncated(answer: S3Answer, received: number, { declared, cause }: { declared: string | null; cause?: unknown }): S3Error {
  const of = declared === null ? "" : ` of ${declared}`;
  return new S3Error("truncated", `Only ${received}${of} bytes of ${placeOf(answer.target)} arrived before the connection ended.`, {
    cause,
  });
}

function checkHash(answer: S3Answer, hash: Hash | null): void {
  const expected = md5EtagOf(answer);
  const actual = hash?.digest("hex");
  if (expected !== null && actual !== undefined && actual !== expected)
    throw new S3Error("corrupt", `What arrived of ${placeOf(answer.target)} has the MD5 ${actual}, but the object's ETag is ${expected}.`);
}

/** Null where the ETag is no MD5 of these bytes: parts, uploads in parts, encryption with keys, AWS directory buckets. */
function md5EtagOf({ response, target }: S3Answer): string | null {
  const { headers, status } = response;
  const etag = plainEtag(headers.get("etag") ?? "");
  const encryption = headers.get("x-amz-server-side-encryption");
  if (status !== 200 || headers.has("content-encoding") || !/^[0-9a-f]{32}$/.test(etag)) return null;
  if ((encryption !== null && encryption !== "AES256") || headers.has("x-amz-server-side-encryption-customer-algorithm")) return null;
  return target.bucket.endsWith("--x-s3") ? null : etag;
}
