import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildAssetGraph } from "../src/domain/asset-graph.ts";
import { parseAssetKey, resolveAssetKey } from "../src/domain/asset-key.ts";
import { readCondition } from "../src/domain/automation/condition-json.ts";
import { prepareAutomation } from "../src/domain/automation/program.ts";
import { openSchedule, upcomingTicks } from "../src/domain/cron/catch-up.ts";
import { describeCron } from "../src/domain/cron/describe.ts";
import { parseCron } from "../src/domain/cron/parse.ts";
import { openFreshnessPolicy } from "../src/domain/health/freshness-policy.ts";
import { downstreamPartitions } from "../src/domain/partitions/mapping.ts";
import { resolvePartitions } from "../src/domain/partitions/named.ts";
import { keyAtInstant, openPartitions, pageOfKeys } from "../src/domain/partitions/partition-set.ts";
import { limitCounters } from "../src/domain/queue/limits.ts";
import { propertyRuns } from "../src/domain/property-runs.test-support.ts";
import type { GraphAsset } from "../src/domain/run/plan-types.ts";
import { completeSelection } from "../src/domain/selection/complete.ts";
import { evaluateSelection } from "../src/domain/selection/evaluate.ts";
import { parseSelection } from "../src/domain/selection/parse.ts";
import { printSelection } from "../src/domain/selection/print.ts";
import { ERROR_CODES, type Result } from "../src/domain/errors.ts";
import { mappingSchema, partitionsSchema } from "../src/manifest/schema.ts";

const NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty", "prototype"];
const asset = (key: string, deps: readonly string[]): GraphAsset => {
  const common = { key, unit: key, location: "main", group: "constructor", kinds: ["__proto__"], owners: [] };
  return { ...common, tags: Object.fromEntries([["constructor", "x"]]), deps: deps.map((dep) => ({ key: dep })) };
};
const graph = buildAssetGraph([asset("a", []), asset("a/b", ["a"]), ...NAMES.map((name) => asset(name, ["a"]))]);
const vocabulary = { keys: graph.keys, values: { group: ["bronze"], tag: ["tier=gold"] } };
const now = Date.UTC(2025, 5, 3);

/** A refusal has a code of the closed list and says something; anything thrown fails the test by itself. */
function expectResult(result: Result<unknown>): void {
  if (result.ok) return;
  expect(ERROR_CODES).toContain(result.error.code);
  expect(result.error.message.length).toBeGreaterThan(10);
  expect(JSON.stringify(result.error).length).toBeLessThan(5000);
}

function trySelection(text: string): void {
  const parsed = parseSelection(text);
  expectResult(parsed);
  if (!parsed.ok) return;
  expectResult(evaluateSelection(parsed.value, graph));
  expect(parseSelection(printSelection(parsed.value)).ok).toBe(true);
}

function tryCron(text: string, timezone: string): void {
  const parsed = parseCron(text);
  expectResult(parsed);
  if (parsed.ok) expect(describeCron(parsed.value).length).toBeGreaterThan(0);
  const schedule = openSchedule([text], timezone);
  expectResult(schedule);
  if (schedule.ok) upcomingTicks(schedule.value, now, 3);
}

function tryPartitions(json: unknown, text: string): void {
  const definition = partitionsSchema.safeParse(json);
  if (!definition.success) return;
  const set = openPartitions(definition.data, { now, dynamicKeys: () => NAMES });
  expectResult(set);
  if (!set.ok) return;
  expect(set.value.count).toBeGreaterThanOrEqual(0);
  pageOfKeys(set.value, 0, 3);
  set.value.windowOf(text);
  keyAtInstant(set.value, now);
  expectResult(resolvePartitions(set.value, text, now));
}

const pieces = fc.constantFrom(
  ...'( ) + * : = " \\ and or not key tag owner group kind roots sinks <null> a a/b 1 0 99999999999999999999 - , / # L ? @ 😀 \u0000'.split(
    " ",
  ),
  ...NAMES,
  " ",
  "\n",
);
const noise = fc.oneof(
  fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join("")),
  fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join(" ")),
  fc.string({ maxLength: 30, unit: "binary" }),
);
const zone = fc.oneof(fc.constantFrom("UTC", "Europe/Berlin", "America/St_Johns", "Mars/Olympus", ""), fc.string({ maxLength: 12 }));
const dates = fc.oneof(
  fc.constantFrom("2025-01-01", "2025-02-30", "0000-00-00", "9999-12-31", "1970-01-01", "2025-01-01-00:00", "275760-09-13"),
  noise,
);
const offsets = fc.oneof(fc.integer({ min: -5, max: 70 }), fc.integer(), fc.constantFrom(NaN, Infinity, 2 ** 53));

describe("malformed input is refused with a typed error", () => {
  it("in selections", () => {
    fc.assert(
      fc.property(noise, fc.nat(30), (text, position) => {
        trySelection(text);
        completeSelection(text, Math.min(position, text.length), vocabulary);
      }),
      { seed: 71, numRuns: propertyRuns(500) },
    );
  });

  it("in crons and time zones", () => {
    const field = fc.oneof(fc.constantFrom("*", "?", "L", "0", "5/0", "1-", "-1", "59", "60", "*/7", "fri#5", "l0", "22-2", "1,,2"), noise);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(field, { minLength: 4, maxLength: 6 }).map((fields) => fields.join(" ")),
          noise,
        ),
        zone,
        tryCron,
      ),
      { seed: 72, numRuns: propertyRuns(500) },
    );
  });

  it("in partitions", () => {
    const time = fc.record(
      {
        type: fc.constant("time"),
        cadence: fc.constantFrom("hourly", "daily", "weekly", "monthly", "cron"),
        start: dates,
        end: dates,
        cron: fc.oneof(fc.constantFrom("0 0 29 2 *", "* * * * *", "0 0 * * 1"), noise),
        timezone: zone,
        format: fc.oneof(fc.constantFrom("%Y-%m-%d", "%Y", "%%", "%Q", ""), noise),
        minuteOffset: offsets,
        hourOffset: offsets,
        dayOffset: offsets,
        endOffset: offsets,
        exclusions: fc.array(fc.oneof(dates, fc.constantFrom("* * * * *", "0 0 * * 6,0")), { maxLength: 2 }),
      },
      { requiredKeys: ["type", "cadence", "start"] },
    );
    const listed = fc.oneof(
      fc.record({ type: fc.constant("static"), keys: fc.array(noise, { maxLength: 4 }) }),
      fc.record({ type: fc.constant("dynamic"), name: noise }),
    );
    const single = fc.oneof(time, listed);
    const multi = fc.record({
      type: fc.constant("multi"),
      dimensions: fc.array(fc.record({ name: noise, partitions: single }), { maxLength: 3 }),
    });
    fc.assert(fc.property(fc.oneof(single, multi, fc.jsonValue()), noise, tryPartitions), { seed: 73, numRuns: propertyRuns(300) });
  });

  it("in automation conditions", () => {
    const { condition } = fc.letrec<{ condition: unknown }>((tie) => ({
      condition: fc.oneof(
        { maxDepth: 4 },
        fc.record({ type: fc.constantFrom("missing", "newly_updated", "any_downstream_conditions", ...NAMES) }),
        fc.record({ type: fc.constant("cron_tick_passed"), cron: noise, timezone: zone }),
        fc.jsonValue({ maxDepth: 2 }),
        fc.record({ type: fc.constantFrom("not", "newly_true"), of: tie("condition"), label: noise }),
        fc.record({ type: fc.constantFrom("and", "or"), of: fc.array(tie("condition"), { maxLength: 3 }) }),
        fc.record({ type: fc.constant("deps_match"), match: fc.constantFrom("any", "all", 1), of: tie("condition"), allow: noise }),
        fc.record({ type: fc.constant("executed_with_tags"), keys: fc.jsonValue({ maxDepth: 1 }), values: fc.jsonValue({ maxDepth: 1 }) }),
      ),
    }));
    fc.assert(
      fc.property(condition, (json) => {
        const read = readCondition(json);
        expectResult(read);
        if (!read.ok) return;
        expect(readCondition(JSON.parse(JSON.stringify(read.value)))).toEqual(read);
        expectResult(prepareAutomation({ graph, conditions: new Map([["a", read.value]]) }));
      }),
      { seed: 74, numRuns: propertyRuns(500) },
    );
  });

  it("in freshness policies", () => {
    const number = fc.oneof(fc.integer(), fc.double());
    fc.assert(
      fc.property(number, number, noise, (a, b, text) => {
        expectResult(openFreshnessPolicy({ type: "time_window", failAfterSeconds: a, warnAfterSeconds: b }));
        expectResult(openFreshnessPolicy({ type: "cron", cron: text, lowerBoundSeconds: a }));
        expectResult(openFreshnessPolicy({ type: "cron", cron: "0 0 29 2 *", lowerBoundSeconds: b }));
      }),
      { seed: 75, numRuns: propertyRuns(200) },
    );
  });

  it("in asset keys", () => {
    fc.assert(
      fc.property(noise, (text) => {
        expectResult(parseAssetKey(text));
        resolveAssetKey(text, (key) => graph.has(key));
      }),
      { seed: 76, numRuns: propertyRuns(300) },
    );
  });
});

describe("a megabyte", () => {
  const size = 1_000_000;
  const texts = [
    "(",
    ")",
    "not ",
    "+",
    "a+",
    "*",
    "a and ",
    "a or ",
    '"',
    "\\",
    "a",
    "/",
    "key:",
    "roots(",
    "0,",
    "*/1,",
    "1-",
    "%Y",
    " ",
    "...",
    "|",
    "😀",
    "--",
    "a*",
  ].map((piece) => piece.repeat(Math.ceil(size / piece.length)).slice(0, size));

  it.each(texts.map((text) => [JSON.stringify(text.slice(0, 6)), text]))("a megabyte of %s is answered", (...[, text]) => {
    trySelection(text);
    tryCron(text, "UTC");
    tryCron(`${text} * * * *`, text);
    expectResult(parseAssetKey(text));
    tryPartitions({ type: "time", cadence: "daily", start: text }, text);
    tryPartitions({ type: "time", cadence: "daily", start: "2025-01-01", format: text }, text);
    tryPartitions({ type: "time", cadence: "daily", start: "2025-01-01", timezone: text, exclusions: [text] }, text);
    tryPartitions({ type: "static", keys: [text] }, text);
    expectResult(readCondition({ type: "cron_tick_passed", cron: text, timezone: "UTC" }));
    expectResult(readCondition({ type: text }));
  });

  it("a megabyte of nested JSON is answered", () => {
    const depth = 100_000;
    let condition: unknown = { type: "missing" };
    for (let level = 0; level < depth; level++) condition = { type: "not", of: condition };
    expect(readCondition(condition).ok).toBe(false);
    expect(readCondition({ type: "and", of: Array.from({ length: depth }, () => ({ type: "missing" })) }).ok).toBe(false);
  });
});

describe("names that every object has", () => {
  it.each(NAMES)("%s is a name like any other", (name) => {
    expect(evaluateSelection({ type: "key", pattern: name, exact: true }, graph)).toEqual({ ok: true, value: [name] });
    for (const text of [`${name}:x`, `tag:${name}`, `tag:${name}=x`, `group:${name}`, `kind:"${name}"`, `${name}(a)`]) trySelection(text);
    expect(completeSelection(`${name}:`, name.length + 1, vocabulary).options).toEqual([]);
    const counted = limitCounters({ maxConcurrentRuns: null, tagLimits: [{ key: name, limit: 0 }], pools: {}, defaultPoolLimit: 0 });
    expect([counted.runBlockedBy({}), counted.poolBlockedBy(name)?.type]).toEqual([null, "pool"]);
    expect(parseCron(`@${name}`).ok).toBe(false);
    const set = openPartitions({ type: "static", keys: NAMES }, { now });
    expect(set.ok && set.value.numberOf(name)).toBe(NAMES.indexOf(name));
    expect(mappingSchema.safeParse({ type: name }).success).toBe(false);
    if (!set.ok) return;
    const sides = { upstream: set.value, downstream: set.value, mapping: { type: "static", downstreamByUpstream: {} } } as const;
    expect(downstreamPartitions(sides, [0, NAMES.length])).toEqual({ ok: true, value: [] });
  });
});
