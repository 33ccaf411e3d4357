/**
 * Reads cron expressions: five fields (minute, hour, day of month, month, day of week) with lists, ranges (also around the end:
 * `22-2`), steps, names, `?`, `L` and `fri#2`, and the `@daily` family. Dates that never come (`31 2`) are refused.
 */
import { ok, refuse, type Result } from "../errors.ts";
import { shortened } from "../shortened.ts";

export interface CronExpression {
  readonly text: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** The hour field is `*`: then every hour of the day counts, also a repeated one. */
  readonly everyHour: boolean;
  /** Null: every day of the month. */
  readonly days: { readonly numbers: readonly number[]; readonly last: boolean } | null;
  readonly months: readonly number[];
  /** Null: every day of the week; 0 is Sunday. `nth` -1 is the last such weekday of the month. */
  readonly weekdays: {
    readonly numbers: readonly number[];
    readonly nth: readonly { readonly weekday: number; readonly nth: number }[];
  } | null;
}

const ALIASES: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/** Every minute, hour and day by name is shorter. */
const MAX_LENGTH = 1000;
const LONGEST_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}
const FIELDS = {
  minute: { name: "minute", min: 0, max: 59 },
  hour: { name: "hour", min: 0, max: 23 },
  day: { name: "day of month", min: 1, max: 31 },
  month: { name: "month", min: 1, max: 12, names: MONTHS },
  weekday: { name: "day of week", min: 0, max: 6, names: WEEKDAYS },
} satisfies Record<string, Field>;

/** Carries a refusal out of the fields; never leaves this file. */
class CronProblem extends Error {
  override readonly name = "CronProblem";
}

export function parseCron(text: string): Result<CronExpression> {
  if (text.length > MAX_LENGTH) return refuseCron(text, `it has ${text.length} characters, and at most ${MAX_LENGTH} make sense`);
  const trimmed = text.trim();
  const written = trimmed.startsWith("@") ? ALIASES[trimmed.toLowerCase()] : trimmed;
  if (written === undefined) return refuseCron(text, `"${shortened(trimmed)}" is not one of ${Object.keys(ALIASES).join(", ")}`);
  const fields = written.toLowerCase().split(/\s+/);
  const [minute, hour, day, month, weekday, ...rest] = fields;
  if (minute === undefined || hour === undefined || day === undefined || month === undefined || weekday === undefined || rest.length > 0) {
    return refuseCron(
      text,
      `it has ${trimmed === "" ? 0 : fields.length} fields instead of five: minute, hour, day of month, month, day of week`,
    );
  }
  try {
    const hours = readField(hour, FIELDS.hour);
    const days = readDays(day, weekday);
    const months = readField(month, FIELDS.month);
    const weekdays = readWeekdays(weekday, day);
    if (days && !weekdays && !comesEver(days, months))
      return refuseCron(text, `day ${shortened(day)} never comes in month ${shortened(month)}`);
    return ok({ text: trimmed, minutes: readField(minute, FIELDS.minute), hours, everyHour: hours.length === 24, days, months, weekdays });
  } catch (error) {
    if (error instanceof CronProblem) return refuseCron(text, error.message);
    throw error;
  }
}

function refuseCron(text: string, why: string): Result<never> {
  return refuse("invalid_input", `"${shortened(text)}" is not a cron expression: ${why}. An example: "0 2 * * *" for every day at 02:00.`, {
    cron: shortened(text),
  });
}

function comesEver(days: NonNullable<CronExpression["days"]>, months: readonly number[]): boolean {
  return days.last || months.some((month) => days.numbers.some((day) => day <= (LONGEST_MONTH[month - 1] ?? 31)));
}

/** `1-31` is not `*`: beside a day of the week it means "or any day". Beside a field with a star it is one, as in Dagster. */
function isEvery(count: number, all: number, other: string): boolean {
  return count === all && other.includes("*");
}

function isStar(text: string): boolean {
  return text.split(",").some((part) => part === "*" || part === "?");
}

function readDays(text: string, weekday: string): CronExpression["days"] {
  if (isStar(text)) return null;
  const parts = text.split(",");
  const numbers = readParts(
    parts.filter((part) => part !== "l"),
    FIELDS.day,
  );
  const last = parts.includes("l");
  return isEvery(numbers.length, 31, weekday) ? null : { numbers, last };
}

function readWeekdays(text: string, day: string): CronExpression["weekdays"] {
  if (isStar(text)) return null;
  const plain: string[] = [];
  const nth: { weekday: number; nth: number }[] = [];
  for (const part of text.split(",")) {
    const [, day, count] = /^([a-z0-9]+)#([1-5])$/.exec(part) ?? [];
    const [, lastDay] = /^l([0-7]|[a-z]{3})$/.exec(part) ?? /^([0-7]|[a-z]{3})l$/.exec(part) ?? [];
    if (day !== undefined) nth.push({ weekday: readWeekday(day), nth: Number(count) });
    else if (lastDay !== undefined) nth.push({ weekday: readWeekday(lastDay), nth: -1 });
    else plain.push(part);
  }
  const numbers = readParts(plain, FIELDS.weekday);
  return isEvery(numbers.length, 7, day) ? null : { numbers, nth };
}

function readWeekday(text: string): number {
  return readNumber(text, FIELDS.weekday) % 7;
}

function readField(text: string, field: Field): number[] {
  return readParts(text.split(","), field);
}

function readParts(parts: readonly string[], field: Field): number[] {
  const values = new Set<number>();
  for (const part of parts) for (const value of readPart(part, field)) values.add(value);
  return [...values].sort((a, b) => a - b);
}

function readPart(part: string, field: Field): number[] {
  const [range = "", stepText, ...rest] = part.split("/");
  if (rest.length > 0 || range === "") throw new CronProblem(`"${shortened(part)}" in the ${field.name} field cannot be read`);
  const step = stepText === undefined ? 1 : Number(stepText);
  if (stepText === "" || !Number.isInteger(step) || step < 1)
    throw new CronProblem(`"${shortened(part)}" in the ${field.name} field needs a step of 1 or more`);
  const [from, to] = readRange(range, { field, open: stepText !== undefined });
  // The end of a wrapped range lies one turn further.
  const turn = field.max - field.min + 1;
  const end = to < from ? to + turn : to;
  const values: number[] = [];
  for (let value = from; value <= end; value += step) values.push(((value - field.min) % turn) + field.min);
  return values;
}

/** `open`: a single number with a step (`5/15`) runs to the end of the field. */
function readRange(range: string, how: { field: Field; open: boolean }): [number, number] {
  const { field } = how;
  if (range === "*" || range === "?") return [field.min, field.max];
  const ends = range.split("-");
  const [first = "", second, ...rest] = ends;
  if (rest.length > 0) throw new CronProblem(`"${shortened(range)}" in the ${field.name} field is not a range`);
  const from = readNumber(first, field);
  if (second === undefined) return [from % (field.max + 1), how.open ? field.max : from % (field.max + 1)];
  const to = readNumber(second, field);
  // Sunday is 0 at the beginning of a range and 7 at its end.
  if (field === FIELDS.weekday) return [from % 7, to === 7 && from % 7 === 0 && from !== to ? 6 : to % 7];
  return [from, to];
}

function readNumber(text: string, field: Field): number {
  const named = field.names?.indexOf(text) ?? -1;
  if (named >= 0) return named + field.min;
  // 7 is another name of Sunday.
  const max = field === FIELDS.weekday ? 7 : field.max;
  const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (!(value >= field.min && value <= max))
    throw new CronProblem(`"${shortened(text)}" in the ${field.name} field is not between ${field.min} and ${max}`);
  return value;
}
