/**
 * Brings a step event to what can be stored. What user code and engines say about their work must never fail that work: values that JSON
 * cannot hold become text, and what is too large is cut and says so.
 */
import { isRecord } from "../domain/json.ts";
import type { Metadata } from "../domain/metadata.ts";
import type { StepEvent } from "../domain/run/event.ts";
import { cutText, jsonBytes } from "../domain/value/cut-text.ts";
import { fitMetadata } from "../domain/value/fit-metadata.ts";
import { storable, unreadable } from "../domain/value/storable.ts";
import { textHash } from "../domain/text-hash.ts";
import { typedMetadata } from "../manifest/typed-metadata.ts";
import { MAX_METADATA_BYTES } from "./constants.ts";

/** Characters; what is beside the metadata must leave room for it in one item. */
const MAX_MESSAGE = 60 * 1024;
/** Bytes in JSON. */
const MAX_MESSAGE_BYTES = 100 * 1024;
const MAX_FIELDS_BYTES = 100 * 1024;
const MAX_DESCRIPTION_BYTES = 20 * 1024;
const MAX_REASON_BYTES = 20 * 1024;
const MAX_VERSION_CHARACTERS = 500;

/** Metadata of any shape as it can be stored. Entries that are undefined are left out. */
export function storableMetadata(given: unknown): Metadata {
  const entries = entriesOf(given).filter(([, value]) => value !== undefined);
  return fitMetadata(Object.fromEntries(entries.map(([name, value]) => [name, typedMetadata(value)])), MAX_METADATA_BYTES);
}

/** User code may have given a Map, or something without names, which is kept as one entry. */
function entriesOf(given: unknown): readonly (readonly [string, unknown])[] {
  if (given === undefined || given === null) return [];
  try {
    if (given instanceof Map) return Array.from(given, ([name, value]) => [textOf(name), value]);
    const names = isRecord(given) ? Object.keys(given) : [];
    if (isRecord(given) && (names.length > 0 || isPlain(given))) return names.map((name) => [name, entryOf(given, name)]);
  } catch {
    // A proxy refuses to be read. What follows says so.
  }
  return [["metadata", given]];
}

function isPlain(given: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(given);
  return prototype === null || prototype === Object.prototype;
}

/** One getter that throws must not cost the other entries. */
function entryOf(given: Readonly<Record<string, unknown>>, name: string): unknown {
  try {
    return given[name];
  } catch (error) {
    return unreadable(error);
  }
}

export function fitEvent(event: StepEvent): StepEvent {
  switch (event.type) {
    case "log":
      return fitLog(event);
    case "asset_materialized":
      return withFacts(event);
    case "asset_observed":
      return withFacts(event);
    case "check_evaluated":
      return withFacts(event);
    case "asset_skipped":
      return { ...event, reason: cutText(textOf(event.reason), MAX_REASON_BYTES) };
    case "step_started":
    case "asset_started":
    case "asset_failed":
      return event;
    default:
      // A kind that only another release knows is refused further on, by name.
      return event satisfies never;
  }
}

type WithFacts = Extract<StepEvent, { readonly metadata: Metadata }>;

function withFacts<E extends WithFacts>(event: E): E {
  const { dataVersion, durationMs, description, ...rest }: { dataVersion?: unknown; durationMs?: unknown; description?: unknown } & E =
    event;
  return {
    ...(rest as unknown as E),
    metadata: storableMetadata(event.metadata),
    ...(dataVersion !== undefined && dataVersion !== null && { dataVersion: versionOf(textOf(dataVersion)) }),
    ...(typeof durationMs === "number" && Number.isFinite(durationMs) && { durationMs }),
    ...(description !== undefined && description !== null && { description: cutText(textOf(description), MAX_DESCRIPTION_BYTES) }),
  };
}

/** Versions are compared, so what is cut is replaced by something that still tells two of them apart. */
function versionOf(text: string): string {
  return text.length <= MAX_VERSION_CHARACTERS
    ? text
    : `${text.slice(0, MAX_VERSION_CHARACTERS - 60)}… [${text.length} characters, ${textHash(text)}]`;
}

function fitLog(event: Extract<StepEvent, { type: "log" }>): StepEvent {
  return {
    ...event,
    message: cutText(textOf(event.message), MAX_MESSAGE_BYTES, MAX_MESSAGE),
    ...(event.fields !== undefined && { fields: fitFields(event.fields) }),
  };
}

function fitFields(given: unknown): Record<string, unknown> {
  const fields = storable(given);
  const record = isRecord(fields) ? fields : { value: fields };
  return jsonBytes(record) <= MAX_FIELDS_BYTES
    ? record
    : { notice: `fields cut: ${cutText(JSON.stringify(record), MAX_FIELDS_BYTES / 4)}` };
}

/** User code may have passed something else than the text that the types ask for. */
function textOf(value: unknown): string {
  const json = storable(value);
  return typeof json === "string" ? json : JSON.stringify(json);
}
