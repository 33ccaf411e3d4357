/** Formats, hashes and compares secrets. Only the SHA-256 is stored, because 256 random bits need no slow hash. */
import type { Directory } from "./database.ts";

const encoder = new TextEncoder();
export type TokenKind = "agent" | "api";

export function randomSecret(random: Directory["random"]): string {
  return base64Url(random(32));
}

export async function sha256Hex(text: string): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

export function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** `hg_<kind>_<id>_<secret>`: scanners find the prefix, the id finds the row, and only the last part is secret. */
export function formatToken(token: { readonly kind: TokenKind; readonly id: string; readonly secret: string }): string {
  return `hg_${token.kind}_${token.id}_${token.secret}`;
}

const TOKEN = /^hg_(agent|api)_([0-9a-z]{20})_([A-Za-z0-9_-]{43})$/;

export function parseToken(text: string): { readonly kind: TokenKind; readonly id: string; readonly secret: string } | null {
  const [, kind, id, secret] = TOKEN.exec(text) ?? [];
  if ((kind !== "agent" && kind !== "api") || id === undefined || secret === undefined) return null;
  return { kind, id, secret };
}

/** Compares hashes, so that the time shows neither length nor content of a secret. */
export async function sameSecret(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([given, expected].map((text) => crypto.subtle.digest("SHA-256", encoder.encode(text))));
  return a !== undefined && b !== undefined && crypto.subtle.timingSafeEqual(a, b);
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
