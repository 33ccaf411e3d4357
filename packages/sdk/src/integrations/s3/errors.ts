/** What can go wrong with an S3 request, as a closed list that code can switch on. */
import type { S3ErrorDocument } from "./xml.ts";

/** What can go wrong with a request. */
export type S3ErrorCode =
  | "denied" // wrong or missing keys, or keys without this right
  | "no_such_bucket"
  | "no_such_key"
  | "wrong_region"
  | "precondition_failed" // `ifNoneMatch` or `ifMatch` did not hold
  | "truncated" // the body ended before its declared length
  | "corrupt" // the body is not the one that was stored: its checksum differs
  | "timeout" // nothing was heard for too long
  | "unavailable" // no connection, or the server answers 429 or 5xx, also after the retries
  | "rejected"; // the server understood and refuses, or the request makes no sense

const HOPELESS: readonly S3ErrorCode[] = ["denied", "no_such_bucket", "wrong_region", "rejected"];

/** Where an error belongs, for its message. */
export interface S3Target {
  readonly bucket: string;
  readonly key?: string | undefined;
  /** `GET`, `PUT`... */
  readonly method: string;
  readonly endpoint: string;
  readonly region: string;
}

/**
 * Thrown by every method of the S3 client.
 *
 * @example
 * try {
 *   await resources.s3.head("inbox/orders.csv");
 * } catch (error) {
 *   if (error instanceof S3Error && error.code === "no_such_key") return;
 *   throw error;
 * }
 */
export class S3Error extends Error {
  /** `S3Error`. */
  override readonly name: string = "S3Error";
  /** What went wrong, from a closed list. */
  readonly code: S3ErrorCode;
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** The server's own code, e.g. `SlowDown`. */
  readonly serverCode: string | undefined;
  /** The server's id of the request, for its logs. */
  readonly requestId: string | undefined;
  /** False where the same request can only fail again: a retry policy is then not followed. */
  readonly retryable: boolean;

  constructor(
    code: S3ErrorCode,
    message: string,
    facts: {
      readonly status?: number | undefined;
      readonly serverCode?: string | undefined;
      readonly requestId?: string | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.status = facts.status;
    this.serverCode = facts.serverCode;
    this.requestId = facts.requestId;
    this.retryable = !HOPELESS.includes(code);
  }
}

export function placeOf({ bucket, key }: Pick<S3Target, "bucket" | "key">): string {
  return key === undefined ? `bucket "${bucket}"` : `s3://${bucket}/${key}`;
}

/** The error for an answer that is no success. HEAD answers have no document, so the status has to do. */
export function errorOfAnswer(target: S3Target, answer: { status: number; headers: Headers }, document: S3ErrorDocument | null): S3Error {
  const { status, headers } = answer;
  const code = codeOf(target, status, document);
  const facts = {
    status,
    serverCode: document?.code,
    requestId: document?.requestId ?? headers.get("x-amz-request-id") ?? undefined,
  };
  const said = document?.message === undefined ? `HTTP ${status}` : `${document.code}: ${document.message}`;
  const region = document?.region ?? headers.get("x-amz-bucket-region") ?? undefined;
  return new S3Error(code, messageOf(code, target, { said, region, serverCode: document?.code }), facts);
}

/** Known codes of the servers; others go by their status. */
const CODES: Readonly<Record<string, S3ErrorCode>> = {
  NoSuchBucket: "no_such_bucket",
  NoSuchKey: "no_such_key",
  PermanentRedirect: "wrong_region",
  TemporaryRedirect: "wrong_region",
  IllegalLocationConstraintException: "wrong_region",
  PreconditionFailed: "precondition_failed",
  ConditionalRequestConflict: "precondition_failed",
  RequestTimeout: "unavailable",
  OperationAborted: "unavailable",
  // These come as 400.
  ExpiredToken: "denied",
  InvalidToken: "denied",
  TokenRefreshRequired: "denied",
  BadDigest: "corrupt",
  XAmzContentSHA256Mismatch: "corrupt",
  IncompleteBody: "truncated",
};

function codeOf(target: S3Target, status: number, document: S3ErrorDocument | null): S3ErrorCode {
  // Malformed in general, but in practice its credential names another region than the server's.
  if (document?.code === "AuthorizationHeaderMalformed" && (document.region !== undefined || /region|expecting/i.test(document.message)))
    return "wrong_region";
  const known = document && CODES[document.code];
  if (known) return known;
  if (status === 301 || status === 307 || status === 308) return "wrong_region";
  if (status === 401 || status === 403) return "denied";
  if (status === 404) return target.key === undefined ? "no_such_bucket" : "no_such_key";
  if (status === 412) return "precondition_failed";
  if (status === 429 || status >= 500) return "unavailable";
  return "rejected";
}

function messageOf(
  code: S3ErrorCode,
  target: S3Target,
  { said, region, serverCode }: { readonly said: string; readonly region: string | undefined; readonly serverCode: string | undefined },
): string {
  const place = placeOf(target);
  switch (code) {
    case "denied":
      return `${target.endpoint} denies ${target.method} of ${place} (${said}). ${adviceOf(serverCode)}`;
    case "no_such_bucket":
      return `There is no bucket "${target.bucket}" at ${target.endpoint} (${said}). Check its name and the endpoint.`;
    case "no_such_key":
      return `There is no object ${place} (${said}).`;
    case "wrong_region": {
      const right = region === undefined ? "Set the region that the server uses." : `Set region to "${region}".`;
      return `The region "${target.region}" is wrong for ${place} at ${target.endpoint} (${said}). ${right}`;
    }
    case "precondition_failed":
      if (target.method === "GET") return `${place} is not in the expected state any more (${said}).`;
      return `${place} was not changed, because it is not in the expected state (${said}).`;
    case "unavailable":
      return `${target.endpoint} cannot answer ${target.method} of ${place} now (${said}).`;
    case "truncated":
    case "corrupt":
    case "timeout":
    case "rejected":
      return `${target.endpoint} refuses ${target.method} of ${place} (${said}).`;
    default:
      return code satisfies never;
  }
}

function adviceOf(serverCode: string | undefined): string {
  switch (serverCode) {
    case "SignatureDoesNotMatch":
      return "The secret access key does not belong to the access key id.";
    case "InvalidAccessKeyId":
      return "The server does not know the access key id.";
    case "RequestTimeTooSkewed":
      return "The clock of this machine is wrong.";
    case "ExpiredToken":
    case "TokenRefreshRequired":
      return "The session token has expired.";
    default:
      return "The access key lacks the right, or it is not valid here.";
  }
}
