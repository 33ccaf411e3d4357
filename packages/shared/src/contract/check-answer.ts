/**
 * Checks that an answer fits the output schema of its procedure, with no field more and none less. Tests check every answer. In production
 * no answer is checked, because the control plane made it.
 */
import type { z } from "zod";
import { AppError } from "../domain/errors.ts";
import { canonicalJson, isRecord } from "../domain/json.ts";
import { type ProcedureName, PROCEDURES } from "./table.ts";

export function checkAnswer(name: ProcedureName, answer: unknown): void {
  checkShape(`The answer of ${name}`, PROCEDURES[name].output, answer);
}

/** The same for what is answered outside the procedures. */
export function checkShape(what: string, schema: z.ZodType, answer: unknown): void {
  // As it travels: JSON knows no undefined fields.
  const sent = JSON.parse(JSON.stringify(answer)) as unknown;
  const parsed = schema.safeParse(sent);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw unfit(what, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""} (${JSON.stringify(parsed.error.issues).slice(0, 500)})`);
  }
  const place = firstDifference(sent, parsed.data, "");
  if (place !== null) throw unfit(what, `${place} is not in the schema, or the schema adds it`);
}

function unfit(what: string, why: string): AppError {
  return new AppError("internal", `${what} does not fit its schema: ${why}`);
}

function firstDifference(sent: unknown, parsed: unknown, path: string): string | null {
  if (canonicalJson(sent) === canonicalJson(parsed)) return null;
  if (Array.isArray(sent) && Array.isArray(parsed)) {
    for (const [index, item] of sent.entries()) {
      const found = firstDifference(item, parsed[index], `${path}[${index}]`);
      if (found !== null) return found;
    }
  }
  if (isRecord(sent) && isRecord(parsed)) {
    for (const key of new Set([...Object.keys(sent), ...Object.keys(parsed)])) {
      const found = firstDifference(sent[key], parsed[key], path === "" ? key : `${path}.${key}`);
      if (found !== null) return found;
    }
  }
  return path === "" ? "the answer" : path;
}
