/** Writes a civil time as a partition key and reads it back, with the strftime codes that make sense in a key. Reading is strict. */
import { ok, refuse, type Result } from "../errors.ts";
import type { WallMs } from "../cron/zone.ts";
import { shortened } from "../shortened.ts";

export interface CivilFormat {
  readonly text: string;
  /** Does it write the hour, so that the two halves of a repeated hour would get the same key? */
  readonly hasHour: boolean;
  write(wall: WallMs): string;
  /** Null when the text is not exactly what `write` would give. */
  read(text: string): WallMs | null;
}

interface Code {
  readonly pattern: string;
  readonly write: (date: Date) => string;
  /** Puts what was read into the fields; month from 0. */
  readonly read: (text: string, fields: Fields) => void;
}

interface Fields {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  afternoon: boolean | null;
}

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const pad = (value: number, width = 2) => String(value).padStart(width, "0");
const dayOfYear = (date: Date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;

const CODES: Readonly<Record<string, Code>> = {
  Y: { pattern: "\\d{4}", write: (date) => pad(date.getUTCFullYear(), 4), read: (text, fields) => (fields.year = Number(text)) },
  y: {
    pattern: "\\d{2}",
    write: (date) => pad(date.getUTCFullYear() % 100),
    read: (text, fields) => (fields.year = Number(text) + (Number(text) < 69 ? 2000 : 1900)),
  },
  m: { pattern: "\\d{2}", write: (date) => pad(date.getUTCMonth() + 1), read: (text, fields) => (fields.month = Number(text) - 1) },
  d: { pattern: "\\d{2}", write: (date) => pad(date.getUTCDate()), read: (text, fields) => (fields.day = Number(text)) },
  H: { pattern: "\\d{2}", write: (date) => pad(date.getUTCHours()), read: (text, fields) => (fields.hour = Number(text)) },
  I: { pattern: "\\d{2}", write: (date) => pad(date.getUTCHours() % 12 || 12), read: (text, fields) => (fields.hour = Number(text) % 12) },
  p: {
    pattern: "AM|PM",
    write: (date) => (date.getUTCHours() < 12 ? "AM" : "PM"),
    read: (text, fields) => (fields.afternoon = text === "PM"),
  },
  M: { pattern: "\\d{2}", write: (date) => pad(date.getUTCMinutes()), read: (text, fields) => (fields.minute = Number(text)) },
  S: { pattern: "\\d{2}", write: (date) => pad(date.getUTCSeconds()), read: (text, fields) => (fields.second = Number(text)) },
  j: {
    pattern: "\\d{3}",
    write: (date) => pad(dayOfYear(date), 3),
    read: (text, fields) => {
      fields.month = 0;
      fields.day = Number(text);
    },
  },
  b: {
    pattern: "[A-Z][a-z]{2}",
    write: (date) => (MONTHS[date.getUTCMonth()] ?? "").slice(0, 3),
    read: (text, fields) => (fields.month = MONTHS.findIndex((name) => name.startsWith(text))),
  },
  B: {
    pattern: "[A-Z][a-z]+",
    write: (date) => MONTHS[date.getUTCMonth()] ?? "",
    read: (text, fields) => (fields.month = MONTHS.indexOf(text)),
  },
};

const MAX_LENGTH = 200;

export function parseCivilFormat(text: string): Result<CivilFormat> {
  if (text.length > MAX_LENGTH) {
    return refuse("invalid_input", `Partition key format "${shortened(text)}" is longer than ${MAX_LENGTH} characters. Make it shorter.`);
  }
  const pieces: (string | Code)[] = [];
  let letters = "";
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char !== "%") {
      pieces.push(char);
      continue;
    }
    const letter = text.charAt(++at);
    const code = CODES[letter];
    if (letter !== "%" && !code) {
      return refuse(
        "invalid_input",
        `Partition key format "${text}" has the unknown code "%${letter}". Known codes: %% ${Object.keys(CODES)
          .map((known) => `%${known}`)
          .join(" ")}.`,
      );
    }
    pieces.push(code ?? "%");
    letters += letter;
  }
  if (!/[Yy]/.test(letters)) return refuse("invalid_input", `Partition key format "${text}" has no year, so keys would repeat. Add %Y.`);
  const codes = pieces.filter((piece) => typeof piece !== "string");
  const pattern = new RegExp(
    `^${pieces.map((piece) => (typeof piece === "string" ? piece.replace(/[^A-Za-z0-9]/g, "\\$&") : `(${piece.pattern})`)).join("")}$`,
  );
  const write = (wall: WallMs) => {
    const date = new Date(wall);
    return pieces.map((piece) => (typeof piece === "string" ? piece : piece.write(date))).join("");
  };
  const read = (key: string) => {
    const match = pattern.exec(key);
    if (!match) return null;
    const fields: Fields = { year: 1970, month: 0, day: 1, hour: 0, minute: 0, second: 0, afternoon: null };
    for (const [index, code] of codes.entries()) code.read(match[index + 1] ?? "", fields);
    const wall = Date.UTC(
      fields.year,
      fields.month,
      fields.day,
      fields.hour + (fields.afternoon === true ? 12 : 0),
      fields.minute,
      fields.second,
    );
    return write(wall) === key ? wall : null;
  };
  return ok({ text, hasHour: /[HI]/.test(letters), write, read });
}
