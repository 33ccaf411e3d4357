/** Request bodies: never more bytes than allowed, and only what a schema accepts. */
import type { z } from "zod";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { isTextTooDeep, MAX_JSON_DEPTH } from "@headgate/shared/domain/json.ts";
import { invalidInput } from "./errors.ts";

/** Enough for every JSON body except a manifest. */
export const MAX_JSON_BYTES = 1024 * 1024;

export async function readJson<T extends z.ZodType>(
  request: Request,
  schema: T,
  limits: { readonly what: string; readonly maxBytes?: number },
): Promise<z.output<T>> {
  const value = await readUnparsedJson(request, limits);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalidInput(limits.what, parsed.error);
  return parsed.data;
}

export async function readUnparsedJson(request: Request, limits: { readonly what: string; readonly maxBytes?: number }): Promise<unknown> {
  // A plain form post cannot have this type, so a foreign page cannot send it without a preflight.
  if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? "")) {
    throw new AppError("invalid_input", `${limits.what} must be sent as 'Content-Type: application/json'`);
  }
  const bytes = await readBytes(request, { what: limits.what, maxBytes: limits.maxBytes ?? MAX_JSON_BYTES });
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    checkDepth(text, limits.what);
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("invalid_input", `${limits.what} is not JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** JSON that is nested too deep would exhaust the stack of everything that reads it later. */
export function checkDepth(text: string, what: string): void {
  if (isTextTooDeep(text))
    throw new AppError("invalid_input", `${what} is nested more than ${MAX_JSON_DEPTH} levels deep; send it in a flatter form`);
}

/** The whole body. Counts while reading, because a Content-Length can be absent. */
export async function readBytes(
  request: Request,
  limits: { readonly what: string; readonly maxBytes: number },
): Promise<Uint8Array<ArrayBuffer>> {
  checkLength(request, limits);
  return request.body ? collect(request.body, limits) : new Uint8Array(0);
}

export async function collect(
  stream: ReadableStream<Uint8Array>,
  limits: { readonly what: string; readonly maxBytes: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.byteLength;
    if (size > limits.maxBytes) throw tooLarge(limits);
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** Refuses by the announced length, before a byte is read; null when none is announced. */
export function checkLength(request: Request, limits: { readonly what: string; readonly maxBytes: number }): number | null {
  const header = request.headers.get("content-length");
  if (header === null) return null;
  const length = Number(header);
  if (length > limits.maxBytes) throw tooLarge(limits);
  return length;
}

function tooLarge(limits: { readonly what: string; readonly maxBytes: number }): AppError {
  return new AppError("too_large", `${limits.what} is larger than the limit of ${limits.maxBytes} bytes`, {
    details: { maxBytes: limits.maxBytes },
  });
}
