/** One answer of Trino's statement protocol, parsed without losing a digit. */
import { z } from "zod";
import { connectionError } from "./trino-error.ts";

/** Numbers of the statistics; beyond 2^53 they may be rounded, they are only shown. */
const count = z.union([z.number(), z.bigint().transform(Number)]);

const stageSchema = z.object({
  state: z.string(),
  done: z.boolean(),
  get subStages() {
    return z.array(stageSchema);
  },
});
const statsSchema = z.object({
  state: z.string(),
  progressPercentage: z.number().optional(),
  completedSplits: count,
  totalSplits: count,
  processedRows: count,
  processedBytes: count,
  physicalWrittenBytes: count.optional(),
  peakMemoryBytes: count,
  cpuTimeMillis: count,
  queuedTimeMillis: count,
  elapsedTimeMillis: count,
  rootStage: stageSchema.optional(),
});
const columnSchema = z.object({ name: z.string(), type: z.string(), typeSignature: z.unknown() });
const errorSchema = z.object({
  message: z.string(),
  errorCode: z.number(),
  errorName: z.string(),
  errorType: z.string(),
  errorLocation: z.object({ lineNumber: z.number(), columnNumber: z.number() }).optional(),
});
const answerSchema = z.object({
  id: z.string(),
  infoUri: z.string(),
  nextUri: z.string().optional(),
  columns: z.array(columnSchema).optional(),
  // Rows are not checked here: there may be thousands.
  data: z.unknown().optional(),
  stats: statsSchema,
  error: errorSchema.optional(),
  updateType: z.string().optional(),
  updateCount: count.optional(),
  warnings: z.array(z.object({ message: z.string() })).optional(),
});

export type Answer = z.infer<typeof answerSchema>;
export type AnswerStats = z.infer<typeof statsSchema>;
export type AnswerStage = z.infer<typeof stageSchema>;
export type AnswerError = z.infer<typeof errorSchema>;
export type AnswerColumn = z.infer<typeof columnSchema>;

export function parseAnswer(text: string, from: string): Answer {
  try {
    return answerSchema.parse(parseExactly(text));
  } catch (error) {
    const shown = text.trim().slice(0, 200);
    throw connectionError("PROTOCOL_ERROR", `${from} answered something that is not Trino's protocol: ${shown}. Is the address Trino's?`, {
      cause: error,
    });
  }
}

/** Integers that a double cannot hold become bigints. The slow way is taken only where such a number may be. */
export function parseExactly(text: string): unknown {
  if (!/[[:,]\s*-?\d{16}/.test(text)) return JSON.parse(text);
  const parse = JSON.parse as (text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown) => unknown;
  return parse(text, (_key, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value,
  );
}
