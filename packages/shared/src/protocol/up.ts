/** Frames from an agent to the control plane. */
import { z } from "zod";
import { loadErrorSchema } from "../manifest/schema.ts";
import { stepEventSchema, stepOutcomeSchema } from "./step-event.ts";
import { tickPartSchema, tickResultSchema } from "./tick-result.ts";

/** What an agent says of itself is stored and shown, so it is bounded. */
export const MAX_LABELS = 50;
/** Characters of all names and values together. */
export const MAX_LABEL_CHARACTERS = 4_000;
/** Attempts in one list of `hello`. */
export const MAX_RUNNING = 20_000;

const labelsSchema = z
  .record(z.string().max(200), z.string().max(1000))
  .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `an agent may have at most ${MAX_LABELS} labels; remove some`)
  .refine(
    (labels) => Object.entries(labels).reduce((sum, [name, value]) => sum + name.length + value.length, 0) <= MAX_LABEL_CHARACTERS,
    `the labels of an agent may have at most ${MAX_LABEL_CHARACTERS} characters together; shorten them`,
  );

const step = { run: z.string(), step: z.string(), epoch: z.number().int() };

/** One numbered report. `s` is gap-free per agent instance, from 1. */
export const upItemSchema = z.discriminatedUnion("k", [
  z.object({ k: z.literal("event"), s: z.number().int(), ...step, at: z.number(), event: stepEventSchema }),
  /** The end of a step attempt; its last item. */
  z.object({ k: z.literal("done"), s: z.number().int(), ...step, at: z.number(), result: stepOutcomeSchema }),
  /** A code location version became ready on the agent, or could not be loaded. */
  z.object({
    k: z.literal("location"),
    s: z.number().int(),
    location: z.string(),
    version: z.string(),
    state: z.enum(["ready", "failed"]),
    errors: z.array(loadErrorSchema).optional(),
  }),
  /** The result of a `tick` request. */
  z.object({
    k: z.literal("tick"),
    s: z.number().int(),
    tick: z.string(),
    result: tickResultSchema,
  }),
  /** A checkpoint of a tick that goes on. */
  z.object({ k: z.literal("tick_part"), s: z.number().int(), tick: z.string(), part: tickPartSchema }),
]);
export type UpItem = z.infer<typeof upItemSchema>;

export const helloSchema = z.object({
  t: z.literal("hello"),
  protocol: z.object({ min: z.number().int(), max: z.number().int() }),
  agentVersion: z.string().max(100),
  /** A UUID made at process start: the identity of this agent process. */
  instance: z.string().min(8).max(100),
  /** A random secret of this agent process. With it the agent keeps its instance and its steps when it comes back with another token. */
  key: z.string().min(32).max(100).optional(),
  hostname: z.string().max(300),
  queue: z.string().max(200).default("default"),
  /** How many steps it may run at once. */
  slots: z.number().int().min(0).max(10_000),
  /** Step attempts it is executing now. */
  running: z.array(z.object(step)).max(MAX_RUNNING),
  /** Step attempts whose `done` item was not acknowledged yet. */
  unacknowledged: z.array(z.object(step)).max(MAX_RUNNING),
  /** Next number it will send; the control plane answers with what it has (`welcome.received`). */
  labels: labelsSchema.default({}),
  locations: z
    .array(z.object({ location: z.string().max(200), version: z.string().max(200), state: z.enum(["ready", "failed", "loading"]) }))
    .max(1000)
    .default([]),
});
export type Hello = z.infer<typeof helloSchema>;

export const upFrameSchema = z.discriminatedUnion("t", [
  helloSchema,
  z.object({ t: z.literal("batch"), items: z.array(upItemSchema).min(1).max(500) }),
  z.object({ t: z.literal("slots"), slots: z.number().int().min(0) }),
  /** Lines of raw output for a reader who is looking now; not stored, not numbered. */
  z.object({ t: z.literal("tail"), run: z.string(), step: z.string(), stream: z.enum(["stdout", "stderr"]), text: z.string() }),
  z.object({ t: z.literal("draining"), reason: z.string(), deadlineMs: z.number() }),
]);
export type UpFrame = z.infer<typeof upFrameSchema>;
