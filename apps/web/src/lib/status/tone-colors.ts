/** One table from tone to colour, so that text, pills, bars and the canvas agree. */
import type { Tone } from "#lib/status/status-style.ts";

export const TONE_TEXT: Readonly<Record<Tone, string>> = {
  good: "text-good",
  bad: "text-bad",
  warn: "text-warn",
  live: "text-live",
  waiting: "text-idle",
  late: "text-late",
  idle: "text-idle",
  stopped: "text-idle",
};

/** Background and text of a pill. */
export const TONE_SOFT: Readonly<Record<Tone, string>> = {
  good: "bg-good-soft text-good",
  bad: "bg-bad-soft text-bad",
  warn: "bg-warn-soft text-warn",
  live: "bg-live-soft text-live",
  waiting: "bg-idle-soft text-muted",
  late: "bg-late-soft text-late",
  idle: "bg-idle-soft text-muted",
  stopped: "bg-idle-soft text-muted",
};

/** Solid background of a bar. `idle` is paler than `stopped`: nothing has happened yet. */
export const TONE_FILL: Readonly<Record<Tone, string>> = {
  good: "bg-good",
  bad: "bg-bad",
  warn: "bg-warn",
  live: "bg-live",
  waiting: "bg-idle",
  late: "bg-late",
  idle: "bg-line-strong",
  stopped: "bg-idle",
};

/** The custom property behind `TONE_FILL`, for canvas drawing. */
export const TONE_PROPERTY: Readonly<Record<Tone, string>> = {
  good: "--good",
  bad: "--bad",
  warn: "--warn",
  live: "--live",
  waiting: "--idle",
  late: "--late",
  idle: "--line-strong",
  stopped: "--idle",
};

/** Sort order: the most urgent first. */
export const TONE_ORDER: Readonly<Record<Tone, number>> = { bad: 0, late: 1, warn: 2, live: 3, waiting: 4, good: 5, stopped: 6, idle: 7 };
