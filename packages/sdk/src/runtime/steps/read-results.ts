/**
 * Reads what a user function returned or yielded: results (materializations, observations, check results) or a value. A result in a form
 * that would not be read is refused, because a check that is lost without a word is worse than a failed step.
 */
import {
  isCheckResult,
  isMaterialization,
  isObservation,
  type CheckResult,
  type Materialization,
  type Observation,
} from "../../values/result.ts";
import { StepError } from "./step-error.ts";

export type StepResult = Materialization | Observation | CheckResult;
export type Read = { readonly results: readonly StepResult[] } | { readonly value: unknown };

/** `owner` names the asset or multi-asset in messages. */
export async function readResults(owner: string, item: unknown): Promise<Read> {
  if (isResult(item)) return { results: [withoutHiddenResult(owner, item)] };
  refuseRequest(owner, item);
  if (Array.isArray(item)) return await readList(owner, item);
  if (item instanceof Map) return readMap(owner, item);
  refuseHiddenResult(owner, item);
  return { value: item };
}

async function readList(owner: string, item: readonly unknown[]): Promise<Read> {
  const list: readonly unknown[] = item.some(isThenable) ? await Promise.all(item) : item;
  const deep: readonly unknown[] = list.flat(MAX_DEPTH);
  const flat = deep.some(isResult) ? deep : list;
  for (const entry of flat) refuseRequest(owner, entry);
  if (!flat.some(isResult)) {
    refuseHiddenResult(owner, list);
    return { value: list };
  }
  // What `condition && checkResult(...)` leaves behind.
  const entries = flat.filter((entry) => entry !== undefined && entry !== null && entry !== false);
  if (!entries.every(isResult))
    throw new StepError(
      "bad_output",
      `${owner} returned a list that mixes results with other values. Put the value into materialization({ value }).`,
    );
  return { results: entries.map((entry) => withoutHiddenResult(owner, entry)) };
}

function readMap(owner: string, item: ReadonlyMap<unknown, unknown>): Read {
  const values = [...item.values()];
  if (!values.some(isResult)) {
    refuseHiddenResult(owner, item);
    return { value: item };
  }
  const parts = [...item].flatMap(([key, value]) =>
    typeof key === "string" && isMaterialization(value)
      ? [withoutHiddenResult(owner, { ...value, partition: value.partition ?? key })]
      : [],
  );
  if (parts.length === item.size) return { results: parts };
  throw new StepError(
    "bad_output",
    `${owner} returned a Map with results. Its keys must be partition keys and its values materialization(...), or yield the results one after the other.`,
  );
}

export function isResult(value: unknown): value is StepResult {
  return isMaterialization(value) || isObservation(value) || isCheckResult(value);
}

/** What sensors and schedules ask for, by its `kind`: the function that makes it, and what to do in an asset instead. */
const REQUESTS: Readonly<Record<string, { readonly fields: readonly string[]; readonly what: string; readonly instead: string }>> = {
  runRequest: {
    fields: [],
    what: "runRequest(...)",
    instead: "Give the asset that is to follow a condition, or request the run in a sensor.",
  },
  skip: { fields: ["reason"], what: "skip(...)", instead: "Return nothing." },
  dynamicPartitions: {
    fields: ["name", "add", "remove"],
    what: "addPartitions(...) or removePartitions(...)",
    instead: "Change the keys in a sensor, or with createClient(...).partitions.",
  },
  assetReport: {
    fields: ["type", "asset"],
    what: "reportMaterialization(...) or reportObservation(...)",
    instead: "Use observation({ asset, metadata }) for what it saw of another asset, or report it in a sensor.",
  },
};

export function refuseRequest(owner: string, item: unknown): void {
  if (typeof item !== "object" || item === null || !("kind" in item) || typeof item.kind !== "string") return;
  const request = Object.hasOwn(REQUESTS, item.kind) ? REQUESTS[item.kind] : undefined;
  if (!request?.fields.every((field) => field in item)) return;
  throw new StepError("bad_output", `${owner} returned ${request.what}, which only sensors and schedules may. ${request.instead}`);
}

export function refuseBadChecks(owner: string, checks: unknown): asserts checks is readonly CheckResult[] {
  if (Array.isArray(checks) && checks.every(isCheckResult)) return;
  throw new StepError("bad_output", `${owner} gave 'checks' that are not a list of checkResult(...).`);
}

/** How deep lists are flattened and values are searched for results. Deeper ones are data. */
const MAX_DEPTH = 3;
/** Entries of a list, a Map, a Set or an object that are looked at. Results stand at the beginning, and values may be huge. */
const MAX_ENTRIES = 100;

function withoutHiddenResult<R extends StepResult>(owner: string, result: R): R {
  if (isMaterialization(result) && isResult(result.value))
    throw new StepError("bad_output", `${owner} gave a result as the value of materialization(...). Return ${SIDE_BY_SIDE}.`);
  if (isMaterialization(result)) refuseHiddenResult(owner, result.value);
  return result;
}

const SIDE_BY_SIDE = "[materialization(...), checkResult(...)], or materialization({ value, metadata, checks })";

export function refuseHiddenResult(owner: string, value: unknown): void {
  const place = placeOfResult(value, MAX_DEPTH);
  if (place === null) return;
  throw new StepError("bad_output", `${owner} returned ${place}, where it would be lost. Return ${SIDE_BY_SIDE}.`);
}

/** Where the first result in a value is, in words. */
function placeOfResult(value: unknown, depth: number): string | null {
  const inside = depth === 0 ? null : entriesOf(value);
  if (inside === null) return null;
  const { what, entries } = inside;
  for (const [name, entry] of entries) {
    if (isResult(entry)) return `${what} with a result${name === null ? "" : ` in '${name}'`}`;
    const deeper = placeOfResult(entry, depth - 1);
    if (deeper !== null) return `${what} with ${deeper}`;
  }
  return null;
}

function entriesOf(value: unknown): { readonly what: string; readonly entries: readonly (readonly [string | null, unknown])[] } | null {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return null;
  if (Array.isArray(value)) return { what: "a list", entries: firstOf(value) };
  if (value instanceof Map) return { what: "a Map", entries: firstOf(value.values()) };
  if (value instanceof Set) return { what: "a Set", entries: firstOf(value.values()) };
  const names = Object.keys(value).slice(0, MAX_ENTRIES);
  return { what: "an object", entries: names.map((name) => [name, Reflect.get(value, name) as unknown] as const) };
}

function firstOf(values: Iterable<unknown>): (readonly [null, unknown])[] {
  const first: (readonly [null, unknown])[] = [];
  for (const value of values) {
    if (first.length === MAX_ENTRIES) break;
    first.push([null, value]);
  }
  return first;
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
