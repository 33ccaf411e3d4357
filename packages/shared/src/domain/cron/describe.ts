/** Writes a cron expression as short English for schedules and partitions, e.g. "every day at 02:00". */
import type { CronExpression } from "./parse.ts";

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const ORDINALS = ["", "first", "second", "third", "fourth", "fifth"];

export function describeCron(cron: CronExpression): string {
  const time = describeTime(cron);
  const days = describeDays(cron);
  const months = cron.months.length === 12 ? "" : ` in ${list(cron.months.map((month) => MONTHS[month - 1] ?? ""))}`;
  if (!time.at) return `${time.text}${days === "" ? "" : `, ${days}`}${months}`;
  return `${days === "" ? "every day" : days}${months} at ${time.text}`;
}

/** `at`: the text is a time of day; otherwise it says how often. */
function describeTime({ minutes, hours, everyHour }: CronExpression): { at: boolean; text: string } {
  const [minute = 0] = minutes;
  const minuteStep = stepOf(minutes, 60);
  if (everyHour) {
    if (minutes.length === 60) return { at: false, text: "every minute" };
    if (minuteStep !== null) return { at: false, text: `every ${minuteStep} minutes` };
    if (minutes.length === 1) return { at: false, text: minute === 0 ? "every hour" : `every hour at minute ${minute}` };
    return { at: false, text: `every hour at minutes ${list(minutes.map(String))}` };
  }
  const hourStep = stepOf(hours, 24);
  if (minutes.length === 1 && hourStep !== null)
    return { at: false, text: `every ${hourStep} hours${minute === 0 ? "" : ` at minute ${minute}`}` };
  if (minutes.length * hours.length <= 6) {
    return { at: true, text: list(hours.flatMap((hour) => minutes.map((each) => clock(hour, each)))) };
  }
  const often =
    minutes.length === 60
      ? "every minute"
      : minuteStep !== null
        ? `every ${minuteStep} minutes`
        : `at minutes ${list(minutes.map(String))}`;
  return { at: false, text: `${often} of hours ${runs(hours, String)}` };
}

function describeDays({ days, weekdays }: CronExpression): string {
  const parts: string[] = [];
  if (days) {
    const numbers = days.numbers.length > 0 ? `on day ${runs(days.numbers, String)} of the month` : "";
    parts.push([numbers, days.last ? "on the last day of the month" : ""].filter((part) => part !== "").join(" and "));
  }
  if (weekdays) {
    const { numbers, nth } = weekdays;
    if (numbers.join() === "1,2,3,4,5") parts.push("on weekdays");
    else if (numbers.length > 0) parts.push(`on ${runs(numbers, (day) => WEEKDAYS[day] ?? "")}`);
    for (const { weekday, nth: which } of nth)
      parts.push(`on the ${which === -1 ? "last" : (ORDINALS[which] ?? "")} ${WEEKDAYS[weekday] ?? ""} of the month`);
  }
  return parts.join(" or ");
}

/** The step when the values are all multiples of it that there are. */
function stepOf(values: readonly number[], size: number): number | null {
  const [first = 0, second] = values;
  if (first !== 0 || second === undefined || size % second !== 0 || values.length !== size / second) return null;
  return values.every((value, index) => value === index * second) ? second : null;
}

/** `1-5, 8`: three or more in a row become a range. */
function runs(values: readonly number[], name: (value: number) => string): string {
  const parts: string[] = [];
  for (let i = 0; i < values.length;) {
    let end = i;
    while ((values[end + 1] ?? NaN) === (values[end] ?? 0) + 1) end++;
    const first = values[i] ?? 0;
    if (end - i >= 2) parts.push(`${name(first)} to ${name(values[end] ?? first)}`);
    else for (let at = i; at <= end; at++) parts.push(name(values[at] ?? first));
    i = end + 1;
  }
  return list(parts);
}

function list(parts: readonly string[]): string {
  const last = parts.at(-1) ?? "";
  return parts.length <= 1 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}

function clock(hour: number, minute: number): string {
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}
