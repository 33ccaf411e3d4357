/** Verifies the sender of a delivery over the raw bytes, before anything is parsed. Every comparison takes constant time. */
import { assertNever } from "@headgate/shared/domain/assert.ts";
import type { WebhookSpec } from "@headgate/shared/manifest/automation.ts";

export interface RawDelivery {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The last part of an address that contains a secret. */
  readonly pathSecret: string | null;
  readonly body: Uint8Array;
}

export interface KnownSecret {
  readonly id: string;
  readonly secret: string;
}

export type Verdict =
  /** `secret` is the id of the secret that fits; `senderId` identifies repeated deliveries. */
  | {
      readonly ok: true;
      readonly secret: string | null;
      readonly senderId: string | null;
      /** Identifies repeated deliveries whose id is not signed: the hash of the signed text. Null if the id is signed or nothing is. */
      readonly contentId: string | null;
    }
  | { readonly ok: false; readonly reason: string };

export const STANDARD_PREFIX = "whsec_";
/** Deliveries with an older or newer time are refused, so that a recorded one cannot be replayed later. */
const TOLERANCE_MS = 5 * 60_000;
const MAX_SIGNATURES = 10;
const MAX_SENDER_ID = 255;

const encoder = new TextEncoder();

interface Check {
  readonly verify: WebhookSpec["verify"];
  readonly secrets: readonly KnownSecret[];
  readonly delivery: RawDelivery;
  readonly now: number;
}

export async function verifyDelivery(check: Check): Promise<Verdict> {
  const { headers } = check.delivery;
  if (check.verify !== "none" && check.secrets.length === 0) return refused("the webhook has no secret yet: make one in the dashboard");
  switch (check.verify) {
    case "standard":
      return verifyStandard(check);
    case "github":
      return verifyGithub(check);
    case "secret":
      return verifySecret(check);
    case "none":
      return accepted(null, senderIdOf(headers));
    default:
      return assertNever(check.verify);
  }
}

/** https://www.standardwebhooks.com; `svix-*` are the older names of the same headers. */
async function verifyStandard({ secrets, delivery, now }: Check): Promise<Verdict> {
  const header = (name: string) => delivery.headers[`webhook-${name}`] ?? delivery.headers[`svix-${name}`];
  const [id, timestamp, signatures] = [header("id"), header("timestamp"), header("signature")];
  if (id === undefined || timestamp === undefined || signatures === undefined)
    return refused("one of the headers webhook-id, webhook-timestamp and webhook-signature is missing");
  // If ids could contain a dot, two deliveries could have the same signed text.
  if (id === "" || id.length > MAX_SENDER_ID || id.includes(".")) return refused("the webhook-id is empty, too long or has a dot in it");
  if (!/^\d{1,12}$/.test(timestamp)) return refused("the webhook-timestamp is not a number of seconds");
  if (Math.abs(now - Number(timestamp) * 1000) > TOLERANCE_MS)
    return refused("the webhook-timestamp is more than 5 minutes off: an old delivery was sent again, or a clock is wrong");
  const signed = concat(encoder.encode(`${id}.${timestamp}.`), delivery.body);
  const given = signatures.split(" ").slice(0, MAX_SIGNATURES);
  for (const { id: secretId, secret } of secrets) {
    const key = secret.startsWith(STANDARD_PREFIX) ? fromBase64(secret.slice(STANDARD_PREFIX.length)) : null;
    if (!key) continue;
    for (const signature of given) {
      const bytes = signature.startsWith("v1,") ? fromBase64(signature.slice("v1,".length)) : null;
      if (bytes && (await hmacFits(key, bytes, signed))) return accepted(secretId, id);
    }
  }
  return refused("no webhook-signature fits: it was made with another secret, or the body was changed on its way");
}

async function verifyGithub({ secrets, delivery }: Check): Promise<Verdict> {
  const [, hex] = /^sha256=([0-9a-f]{64})$/i.exec(delivery.headers["x-hub-signature-256"] ?? "") ?? [];
  if (hex === undefined) return refused("the header X-Hub-Signature-256 is missing or malformed");
  const signature = new Uint8Array((hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)));
  for (const { id, secret } of secrets) {
    if (await hmacFits(encoder.encode(secret), signature, delivery.body))
      return accepted(id, bounded(delivery.headers["x-github-delivery"]), await hashOf(delivery.body));
  }
  return refused("X-Hub-Signature-256 does not fit: it was made with another secret, or the body was changed on its way");
}

async function verifySecret({ secrets, delivery }: Check): Promise<Verdict> {
  const given = givenSecrets(delivery);
  if (given.length === 0) return refused("no secret came along: neither in a header nor in the address");
  for (const text of given) {
    for (const { id, secret } of secrets) if (await sameText(text, secret)) return accepted(id, senderIdOf(delivery.headers));
  }
  return refused("the secret is wrong");
}

function givenSecrets({ headers, pathSecret }: RawDelivery): string[] {
  const [, scheme = "", credentials = ""] = /^(\S+)\s+(\S+)\s*$/.exec(headers["authorization"] ?? "") ?? [];
  const basic = scheme.toLowerCase() === "basic" ? fromBase64(credentials) : null;
  const userAndPassword = basic ? new TextDecoder().decode(basic) : "";
  return [
    headers["x-headgate-secret"],
    scheme.toLowerCase() === "bearer" ? credentials : undefined,
    userAndPassword.includes(":") ? userAndPassword.slice(userAndPassword.indexOf(":") + 1) : undefined,
    pathSecret ?? undefined,
  ].filter((text): text is string => text !== undefined && text !== "");
}

/** The id of a delivery from a sender that signs nothing: any of the usual headers. */
function senderIdOf(headers: RawDelivery["headers"]): string | null {
  return bounded(headers["webhook-id"] ?? headers["idempotency-key"] ?? headers["x-github-delivery"]);
}

function bounded(id: string | undefined): string | null {
  return id === undefined || id === "" ? null : id.slice(0, MAX_SENDER_ID);
}

async function hmacFits(key: Uint8Array, signature: Uint8Array, text: Uint8Array): Promise<boolean> {
  if (key.length === 0) return false;
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return crypto.subtle.verify("HMAC", imported, signature, text);
}

/** Compares hashes, so that the time shows neither length nor content. */
async function sameText(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([given, expected].map((text) => crypto.subtle.digest("SHA-256", encoder.encode(text))));
  return a !== undefined && b !== undefined && crypto.subtle.timingSafeEqual(a, b);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

async function hashOf(body: Uint8Array): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function accepted(secret: string | null, senderId: string | null, contentId: string | null = null): Verdict {
  return { ok: true, secret, senderId, contentId };
}

function refused(reason: string): Verdict {
  return { ok: false, reason };
}
