/** How the JSON values of a result become values of JavaScript, by the type of their column. */
import { z } from "zod";
import { uniqueNames } from "../unique-names.ts";
import type { AnswerColumn } from "./answer.ts";
import { connectionError } from "./trino-error.ts";

/** A column of a result. */
export interface TrinoColumn {
  /** Name of the column. */
  readonly name: string;
  /** As Trino writes it: `decimal(12, 2)`, `timestamp(6) with time zone`, `array(bigint)`. */
  readonly type: string;
}

/**
 * What a `bigint` of Trino becomes: `auto` a number where that is exact and a bigint where it is not, `bigint` always a bigint,
 * `number` always a number, and an error where that would not be exact.
 */
export type BigintMode = "auto" | "bigint" | "number";

/** Absent: the value is right as it is. */
type Decoder = ((value: Json) => unknown) | undefined;
type Json = string | number | bigint | boolean | readonly unknown[] | Readonly<Record<string, unknown>>;

interface Signature {
  readonly rawType: string;
  readonly arguments: readonly { readonly kind: string; readonly value: unknown }[];
}
const signatureSchema = z.object({ rawType: z.string(), arguments: z.array(z.object({ kind: z.string(), value: z.unknown() })) });
const fieldSchema = z.object({ fieldName: z.object({ name: z.string() }).optional(), typeSignature: z.unknown() });

/** Makes an object of each row. A column name that comes twice gets a number: `id`, `id_2`. */
export function rowDecoder(columns: readonly AnswerColumn[], bigints: BigintMode): (row: unknown) => Record<string, unknown> {
  const names = uniqueNames(columns.map(({ name }) => name));
  const decoders = columns.map(({ typeSignature }) => decoderOf(typeSignature, bigints));
  return (row) => {
    if (!Array.isArray(row) || row.length !== names.length)
      throw connectionError("PROTOCOL_ERROR", `Trino sent a row that does not have its ${names.length} columns.`);
    return Object.fromEntries(names.map((name, index) => [name, decode(decoders[index], row[index])]));
  };
}

function decode(decoder: Decoder, value: unknown): unknown {
  return value === null || value === undefined ? null : decoder === undefined ? value : decoder(value as Json);
}

export function decoderOf(typeSignature: unknown, bigints: BigintMode): Decoder {
  const signature: Signature = signatureSchema.parse(typeSignature);
  switch (signature.rawType) {
    case "bigint":
      return BIGINTS[bigints];
    case "real":
    case "double":
      // JSON has no NaN and no Infinity: they come as text.
      return (value) => (typeof value === "number" ? value : Number(value));
    case "varbinary":
      return (value) => new Uint8Array(Buffer.from(value as string, "base64"));
    case "array":
      return arrayDecoder(decoderOf(signature.arguments[0]?.value, bigints));
    case "map":
      return mapDecoder(decoderOf(signature.arguments[1]?.value, bigints));
    case "row":
      return fieldsDecoder(signature, bigints);
    default:
      // Decimals, dates, times, intervals, uuid and json come as text and stay text: nothing is lost.
      return undefined;
  }
}

const BIGINTS: Readonly<Record<BigintMode, Decoder>> = {
  auto: undefined,
  bigint: (value) => BigInt(value as number | bigint),
  number: (value) => {
    if (typeof value === "number") return value;
    throw connectionError(
      "BAD_RESULT",
      `The bigint ${value as bigint} cannot be a number exactly. Use bigints: "auto" or "bigint", or cast it in the query.`,
    );
  },
};

function arrayDecoder(item: Decoder): Decoder {
  return item && ((value) => (value as unknown[]).map((entry) => decode(item, entry)));
}

/** Maps become objects: in JSON their keys are text. */
function mapDecoder(item: Decoder): Decoder {
  return item && ((value) => Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, decode(item, entry)])));
}

/** An object where all fields have names of their own, else an array. */
function fieldsDecoder(signature: Signature, bigints: BigintMode): Decoder {
  const fields = signature.arguments.map(({ value }) => fieldSchema.parse(value));
  const decoders = fields.map(({ typeSignature }) => decoderOf(typeSignature, bigints));
  const names = fields.flatMap(({ fieldName }) => (fieldName === undefined ? [] : [fieldName.name]));
  const isNamed = names.length === fields.length && new Set(names).size === names.length;
  return (value) => {
    const entries = (value as unknown[]).map((entry, index) => decode(decoders[index], entry));
    return isNamed ? Object.fromEntries(entries.map((entry, index) => [names[index], entry])) : entries;
  };
}
