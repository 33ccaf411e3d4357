/** Brings what was given as a metadata value to one that can be stored: never an error, and nothing is changed silently. */
import { canonicalJson, isRecord, type Json } from "../domain/json.ts";
import { isInstant, isMetadataType, type MetadataType, type MetadataValue } from "../domain/metadata.ts";
import { storable } from "../domain/value/storable.ts";
import { metadataValueSchema } from "./metadata.ts";

/**
 * A value that already has a type keeps it when it is one of that type, also after what JSON cannot hold became text. Otherwise the
 * type is that of the plain value, and an object that only looks typed is kept whole as JSON.
 */
export function typedMetadata(given: unknown): MetadataValue {
  try {
    if (isRecord(given) && isTyped(given)) return ofType(given["type"] as MetadataType, given["value"]) ?? json(given);
    if (given instanceof Date && !Number.isNaN(given.getTime())) return { type: "timestamp", value: given.getTime() };
  } catch {
    // A proxy or a getter refuses to be read. What follows says so.
  }
  return untyped(storable(given));
}

function isTyped(given: Readonly<Record<string, unknown>>): boolean {
  const { type } = given;
  if (typeof type !== "string" || !isMetadataType(type)) return false;
  return Object.keys(given).every((key) => key === "type" || (key === "value" && type !== "null"));
}

function ofType(type: MetadataType, given: unknown): MetadataValue | null {
  if (type === "null") return { type: "null" };
  const value = storable(given);
  if ((type === "int" || type === "float" || type === "timestamp") && typeof value === "string")
    return isNumeric(given) ? text(value) : null;
  if (type === "timestamp" && typeof value === "number" && !isInstant(value)) return null;
  const parsed = metadataValueSchema.safeParse({ type, value });
  // A schema drops what it does not know.
  return parsed.success && canonicalJson(parsed.data) === canonicalJson({ type, value }) ? parsed.data : null;
}

function isNumeric(given: unknown): boolean {
  return typeof given === "number" || typeof given === "bigint";
}

function untyped(value: Json): MetadataValue {
  switch (typeof value) {
    case "string":
      return text(value);
    case "boolean":
      return { type: "bool", value };
    case "number":
      return { type: Number.isInteger(value) ? "int" : "float", value };
    default:
      return value === null ? { type: "null" } : { type: "json", value };
  }
}

function text(value: string): MetadataValue {
  return { type: "text", value };
}

function json(given: unknown): MetadataValue {
  return { type: "json", value: storable(given) };
}
