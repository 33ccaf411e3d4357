/**
 * What the durable list of attempts says, as lines of JSON and as the state that they add up to. No files here.
 * A line that cannot be read ends the list: what follows it is not trusted.
 */
import { jobSchema, type JobFrame } from "@headgate/shared/protocol/down.ts";
import type { OutputStream } from "../logs/output-stream.ts";
import { RecentKeys } from "./recent-keys.ts";

/** Raised when an older agent could misread a list. */
export const LIST_FORMAT = 1;

/** The agent that a list belongs to. An attempt can only go on under the same instance, control plane and token. */
export interface ListOwner {
  readonly instance: string;
  /** Fingerprint of the control plane's address and the agent token. */
  readonly server: string;
}

/** One line of the list file. */
export type ListLine =
  /** The first line. */
  | { readonly t: "list"; readonly format: number; readonly instance: string; readonly server: string }
  /** Written before the executor is asked to start. `job` is null when the executor adopts nothing. */
  | { readonly t: "begin"; readonly key: string; readonly executor: string; readonly job: JobFrame | null }
  | { readonly t: "running"; readonly key: string; readonly ref: string; readonly at: number }
  /** A chunk of raw output of this size was made. */
  | { readonly t: "cut"; readonly key: string; readonly stream: OutputStream; readonly size: number }
  /** A restarted agent cannot go on with it: its `done` will say so. */
  | { readonly t: "lost"; readonly key: string }
  | { readonly t: "end"; readonly key: string }
  /** A part of an evaluation was reported. */
  | { readonly t: "part"; readonly tick: string }
  /** Written before a batch is sent: its last number, and the last event of each attempt in it. */
  | { readonly t: "sent"; readonly s: number; readonly events: readonly EventMark[] }
  /** A restarted agent heard that the control plane has the numbers up to `s`. Higher ones will be used again. */
  | { readonly t: "received"; readonly s: number };

/** Attempt key and position of an event. */
export type EventMark = readonly [key: string, position: number];

/** An attempt as the list knows it. */
export interface RecordedAttempt {
  readonly key: string;
  readonly executor: string;
  readonly job: JobFrame | null;
  readonly ref: string | null;
  /** When a process for it began, milliseconds since 1970. */
  readonly runningSince: number | null;
  /** Sizes of the chunks of raw output. */
  readonly cuts: Readonly<Record<OutputStream, readonly number[]>>;
  readonly lost: boolean;
}

interface Mark {
  readonly s: number;
  readonly events: readonly EventMark[];
}

/** Evaluations are short: one that is older than so many others has ended. */
const KEPT_TICKS = 200;

/** The state that the lines of a list add up to. */
export class AttemptRecords {
  readonly owner: ListOwner;
  readonly #ticks = new RecentKeys(KEPT_TICKS);
  readonly #attempts = new Map<string, RecordedAttempt>();
  #marks: Mark[] = [{ s: 0, events: [] }];

  constructor(owner: ListOwner) {
    this.owner = owner;
  }

  get attempts(): readonly RecordedAttempt[] {
    return [...this.#attempts.values()];
  }

  /** The last evaluations of which a part was reported. */
  get ticks(): Pick<RecentKeys, "has"> {
    return this.#ticks;
  }

  get(key: string): RecordedAttempt | undefined {
    return this.#attempts.get(key);
  }

  apply(line: ListLine): void {
    switch (line.t) {
      case "list":
        return;
      case "begin":
        this.#attempts.set(line.key, begun(line));
        return;
      case "running": {
        const known = this.#attempts.get(line.key);
        // An adopted execution says again that it runs; its time limit still counts from the first time.
        if (known !== undefined && known.ref !== line.ref) this.#attempts.set(line.key, { ...known, ref: line.ref, runningSince: line.at });
        return;
      }
      case "cut": {
        const known = this.#attempts.get(line.key);
        if (known === undefined) return;
        const cuts = { ...known.cuts, [line.stream]: [...known.cuts[line.stream], line.size] };
        this.#attempts.set(line.key, { ...known, cuts });
        return;
      }
      case "lost": {
        const known = this.#attempts.get(line.key);
        if (known !== undefined) this.#attempts.set(line.key, { ...known, lost: true });
        return;
      }
      case "end":
        this.#attempts.delete(line.key);
        return;
      case "part":
        this.#ticks.add(line.tick);
        return;
      case "sent":
        this.#marks.push(line);
        return;
      case "received":
        this.#marks = this.#marks.filter((mark) => mark.s <= line.s);
        if (this.#marks.at(-1)?.s !== line.s) this.#marks.push({ s: line.s, events: [] });
        return;
    }
  }

  /** The control plane has everything up to `s`: the marks up to there become one. */
  acknowledged(s: number): void {
    const positions = merge(this.#marks.filter((mark) => mark.s <= s));
    const base: Mark = { s, events: [...positions].filter(([key]) => this.#attempts.has(key)) };
    this.#marks = [base, ...this.#marks.filter((mark) => mark.s > s)];
  }

  /**
   * The position of the last stored event of each attempt, when the control plane has the numbers up to `received`.
   * Null when the list does not know that number, so that it cannot be said which events are stored.
   */
  positionsAt(received: number): ReadonlyMap<string, number> | null {
    if (!this.#marks.some((mark) => mark.s === received)) return null;
    return merge(this.#marks.filter((mark) => mark.s <= received));
  }

  /** The shortest list that says the same. */
  lines(): ListLine[] {
    const { instance, server } = this.owner;
    return [
      { t: "list", format: LIST_FORMAT, instance, server },
      ...this.attempts.flatMap(linesOfAttempt),
      ...[...this.#ticks].map((tick): ListLine => ({ t: "part", tick })),
      ...this.#marks.map(({ s, events }): ListLine => ({ t: "sent", s, events })),
    ];
  }

  /** The same attempts for an instance whose numbers begin at 1. What is not acknowledged is sent again. */
  renumbered(instance: string): AttemptRecords {
    const renumbered = new AttemptRecords({ ...this.owner, instance });
    for (const line of this.attempts.flatMap(linesOfAttempt)) renumbered.apply(line);
    renumbered.#marks = [{ s: 0, events: this.#marks[0]?.events ?? [] }];
    return renumbered;
  }
}

function begun({ key, executor, job }: Extract<ListLine, { t: "begin" }>): RecordedAttempt {
  return { key, executor, job, ref: null, runningSince: null, cuts: { stdout: [], stderr: [] }, lost: false };
}

function linesOfAttempt({ key, executor, job, ref, runningSince, cuts, lost }: RecordedAttempt): ListLine[] {
  const cutsOf = (stream: OutputStream): ListLine[] => cuts[stream].map((size) => ({ t: "cut", key, stream, size }));
  const running: ListLine[] = ref === null ? [] : [{ t: "running", key, ref, at: runningSince ?? 0 }];
  return [
    { t: "begin", key, executor, job },
    ...running,
    ...cutsOf("stdout"),
    ...cutsOf("stderr"),
    ...(lost ? [{ t: "lost" as const, key }] : []),
  ];
}

function merge(marks: readonly Mark[]): Map<string, number> {
  return new Map(marks.flatMap((mark) => mark.events));
}

/** The result of reading a list file. */
export type ReadList =
  | { readonly state: "empty" }
  /** Written by a newer agent: only that one may touch it. */
  | { readonly state: "newer"; readonly format: number }
  | { readonly state: "read"; readonly records: AttemptRecords };

/** Reads a list file. Never throws. */
export function parseList(text: string): ReadList {
  let records: AttemptRecords | null = null;
  // The last line is complete only with its line end.
  for (const raw of text.split("\n").slice(0, -1)) {
    const line = parseLine(raw);
    if (records === null) {
      if (line?.t !== "list") return { state: "empty" };
      if (line.format > LIST_FORMAT) return { state: "newer", format: line.format };
      records = new AttemptRecords({ instance: line.instance, server: line.server });
    } else if (line === null) break;
    else records.apply(line);
  }
  return records === null ? { state: "empty" } : { state: "read", records };
}

function parseLine(raw: string): ListLine | null {
  try {
    const value: unknown = JSON.parse(raw);
    return isListLine(value) ? value : null;
  } catch {
    return null;
  }
}

function isListLine(value: unknown): value is ListLine {
  if (typeof value !== "object" || value === null) return false;
  const line = value as Readonly<Record<string, unknown>>;
  switch (line["t"]) {
    case "list":
      return isNumber(line["format"]) && isText(line["instance"]) && isText(line["server"]);
    case "begin":
      return isText(line["key"]) && isText(line["executor"]) && (line["job"] === null || jobSchema.safeParse(line["job"]).success);
    case "running":
      return isText(line["key"]) && isText(line["ref"]) && isNumber(line["at"]);
    case "cut":
      return isText(line["key"]) && (line["stream"] === "stdout" || line["stream"] === "stderr") && isNumber(line["size"]);
    case "lost":
    case "end":
      return isText(line["key"]);
    case "part":
      return isText(line["tick"]);
    case "sent":
      return isNumber(line["s"]) && Array.isArray(line["events"]) && line["events"].every(isEventMark);
    case "received":
      return isNumber(line["s"]);
    default:
      return false;
  }
}

function isEventMark(value: unknown): boolean {
  return Array.isArray(value) && isText(value[0]) && isNumber(value[1]);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
