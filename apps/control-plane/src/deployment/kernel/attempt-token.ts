/**
 * The token of one step attempt, for the pod that runs it: `hgp_<claims>.<mac>`. It is signed with a key of the deployment and not stored.
 * The claims are readable; only the signature is secret.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { type AttemptRef, attemptRefSchema } from "@headgate/shared/protocol/attempt.ts";

export const ATTEMPT_TOKEN_PREFIX = "hgp_";

const claimsSchema = z.object({
  ...attemptRefSchema.shape,
  deployment: z.string().min(1).max(100),
  /** The number of the attempt, which addresses of raw output have. */
  attempt: z.number().int().min(1),
  /** The id of the agent token that asked for it. */
  token: z.string().min(1).max(100),
  expiresAt: z.number(),
});
export type AttemptClaims = z.infer<typeof claimsSchema>;

/** What a pod may reach: its own attempt, and the version of the code location that it runs. */
export interface AttemptAccess extends AttemptRef {
  readonly attempt: number;
  readonly location: string;
  readonly version: string;
}

export function signAttemptToken(claims: AttemptClaims, key: Uint8Array): string {
  const signed = `${ATTEMPT_TOKEN_PREFIX}${base64Url(new TextEncoder().encode(JSON.stringify(claims)))}`;
  return `${signed}.${base64Url(macOf(signed, key))}`;
}

const FORM = /^(hgp_([A-Za-z0-9_-]{1,8000}))\.([A-Za-z0-9_-]{43})$/;

/** What the token claims, before the signature was checked; null if it has another form. */
export function readClaims(text: string): AttemptClaims | null {
  const bytes = fromBase64Url(FORM.exec(text)?.[2] ?? "");
  try {
    const parsed = claimsSchema.safeParse(
      JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes ?? new Uint8Array(0))),
    );
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Takes the same time for every signature. */
export function isSignedWith(text: string, key: Uint8Array): boolean {
  const [, signed, , mac] = FORM.exec(text) ?? [];
  const given = mac === undefined ? null : fromBase64Url(mac);
  if (signed === undefined || given === null) return false;
  const expected = macOf(signed, key);
  return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
}

function macOf(text: string, key: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(text).digest();
}

export function base64Url(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

export function fromBase64Url(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
