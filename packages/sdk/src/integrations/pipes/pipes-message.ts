/** Reads one line that a Pipes program sent. Distinguishes lines that are no message from messages that are wrong. */
import { isRecord, isTextTooDeep } from "@headgate/shared/domain/json.ts";
import { exactNumber } from "@headgate/shared/domain/value/exact-number.ts";
import { parseExact } from "@headgate/shared/domain/value/parse-exact.ts";
import { z } from "zod";

/** A number as it was written: `1` and `1.0` are an int and a float, and NaN or a long integer is no number of JSON or JavaScript. */
export class Lexeme {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The number, or its text where a number would be another one. */
  get exact(): number | string {
    return exactNumber(this.text).value;
  }

  get isInteger(): boolean {
    return exactNumber(this.text).isInteger;
  }
}

const exception: z.ZodType<PipesException> = z.object({
  message: z.string().nullish(),
  name: z.string().nullish(),
  stack: z.array(z.string()).nullish(),
  get cause() {
    return exception.nullish();
  },
});
export interface PipesException {
  readonly message?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly stack?: readonly string[] | null | undefined;
  readonly cause?: PipesException | null | undefined;
}

const metadata = z.record(z.string(), z.unknown()).nullish();
const messageSchema = z.discriminatedUnion("method", [
  z.object({ method: z.literal("opened"), params: z.unknown() }),
  z.object({ method: z.literal("closed"), params: z.object({ exception: exception.nullish() }).nullish() }),
  z.object({ method: z.literal("log"), params: z.object({ message: z.string(), level: z.string() }) }),
  z.object({
    method: z.literal("log_external_stream"),
    params: z.object({ stream: z.enum(["stdout", "stderr"]), text: z.string() }),
  }),
  z.object({
    method: z.literal("report_asset_materialization"),
    params: z.object({ asset_key: z.string().nullish(), data_version: z.string().nullish(), metadata }),
  }),
  z.object({
    method: z.literal("report_asset_check"),
    params: z.object({
      asset_key: z.string().nullish(),
      check_name: z.string(),
      passed: z.boolean(),
      severity: z.enum(["WARN", "ERROR"]).default("ERROR"),
      metadata,
    }),
  }),
  z.object({ method: z.literal("report_custom_message"), params: z.object({ payload: z.unknown() }) }),
]);
export type PipesMessage = z.infer<typeof messageSchema>;

export type ReadLine =
  | { readonly kind: "message"; readonly message: PipesMessage }
  /** Ordinary output. */
  | { readonly kind: "text" }
  /** A message that nests too deep to be read. */
  | { readonly kind: "deep" }
  /** Unknown message type. */
  | { readonly kind: "wrong"; readonly why: string };

const MARK = "__dagster_pipes_version";

export function readPipesLine(line: string): ReadLine {
  if (!line.includes(MARK)) return { kind: "text" };
  if (isTextTooDeep(line)) return { kind: "deep" };
  let json: unknown;
  try {
    json = parseExact(line, (written) => new Lexeme(written));
  } catch (error) {
    return { kind: "wrong", why: error instanceof Error ? error.message : String(error) };
  }
  if (typeof json !== "object" || json === null || !(MARK in json)) return { kind: "text" };
  const parsed = messageSchema.safeParse(json);
  if (parsed.success) return { kind: "message", message: parsed.data };
  const method = "method" in json && typeof json.method === "string" ? json.method : "nothing";
  const [issue] = parsed.error.issues;
  return { kind: "wrong", why: `method '${method.slice(0, 100)}': ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim() };
}

/**
 * The payload of a custom message, for user code: an integer beyond 2^53 is a bigint, and NaN and the infinities are those of JavaScript.
 */
export function plainPayload(value: unknown): unknown {
  return withNumbers(value, (number) => (number.isInteger && typeof number.exact === "string" ? BigInt(number.text) : Number(number.text)));
}

/** The value with each number replaced. */
export function withNumbers(value: unknown, replace: (number: Lexeme) => unknown): unknown {
  if (value instanceof Lexeme) return replace(value);
  if (Array.isArray(value)) return value.map((entry) => withNumbers(entry, replace));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, withNumbers(entry, replace)]));
}

/** Keys arrive as escaped user strings: `\/` is a slash inside a part, which our keys do not have. */
export function assetKeyOf(text: string): string {
  return text.replace(/\\([\\/])/g, (_, escaped: string) => (escaped === "/" ? "_" : escaped));
}
