/**
 * Reads what a user function returned or yielded: results (materializations, observations, check results) or a value. A result in a form
 * that nobody would read is refused, because a check that is lost without a word is worse than a failed step.
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
  if (isResult(item)) return { results: [item] };
  refuseRequest(owner, item);
  if (Array.isArray(item)) return await readList(owner, item);
  if (item instanceof Map) return readMap(owner, item);
  if (item instanceof Set && [...item].some(isResult))
    throw new StepError("bad_output", `${owner} returned a Set of results. Return them in a list, or yield them one after the other.`);
  const place = isPlain(item) ? placeOfResult(item) : null;
  if (place !== null)
    throw new StepError(
      "bad_output",
      `${owner} returned an object with a result in '${place}', where it would be lost. Return [materialization(...), checkResult(...)], or materialization({ value, metadata, checks }).`,
    );
  return { value: item };
}

async function readList(owner: string, item: readonly unknown[]): Promise<Read> {
  const list: readonly unknown[] = item.some(isThenable) ? await Promise.all(item) : item;
  const flat = list.some((entry) => Array.isArray(entry) && entry.some(isResult)) ? list.flat() : list;
  for (const entry of flat) refuseRequest(owner, entry);
  if (!flat.some(isResult)) return { value: list };
  // What `condition && checkResult(...)` leaves behind.
  const entries = flat.filter((entry) => entry !== undefined && entry !== null && entry !== false);
  if (!entries.every(isResult))
    throw new StepError(
      "bad_output",
      `${owner} returned a list that mixes results with other values. Put the value into materialization({ value }).`,
    );
  return { results: entries };
}

function readMap(owner: string, item: ReadonlyMap<unknown, unknown>): Read {
  const values = [...item.values()];
  if (!values.some(isResult)) return { value: item };
  const parts = [...item].flatMap(([key, value]) =>
    typeof key === "string" && isMaterialization(value) ? [{ ...value, partition: value.partition ?? key }] : [],
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

function refuseRequest(owner: string, item: unknown): void {
  if (typeof item !== "object" || item === null || !("kind" in item) || typeof item.kind !== "string") return;
  const request = Object.hasOwn(REQUESTS, item.kind) ? REQUESTS[item.kind] : undefined;
  if (!request?.fields.every((field) => field in item)) return;
  throw new StepError("bad_output", `${owner} returned ${request.what}, which only sensors and schedules may. ${request.instead}`);
}

export function refuseBadChecks(owner: string, checks: unknown): asserts checks is readonly CheckResult[] {
  if (Array.isArray(checks) && checks.every(isCheckResult)) return;
  throw new StepError("bad_output", `${owner} gave 'checks' that are not a list of checkResult(...).`);
}

/** The name of the first property that is, or lists, a result. */
function placeOfResult(item: Readonly<Record<string, unknown>>): string | null {
  for (const [name, value] of Object.entries(item)) {
    if (isResult(value) || (Array.isArray(value) && value.some(isResult))) return name;
  }
  return null;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
