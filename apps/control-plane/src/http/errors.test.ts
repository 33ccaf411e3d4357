import { describe, expect, test } from "vitest";
import { z } from "zod";
import { AppError, ERROR_CODES } from "@headgate/shared/domain/errors.ts";
import { appErrorOf, invalidInput, trpcCodeOf } from "./errors.ts";

test("every code has a tRPC code", () => {
  for (const code of ERROR_CODES) expect(trpcCodeOf(code)).toMatch(/^[A-Z_]+$/);
});

describe("what was thrown", () => {
  test("unexpectedly says nothing of itself to the client", () => {
    const error = appErrorOf(new Error("SELECT secret FROM token failed"));
    expect(error.code).toBe("internal");
    expect(JSON.stringify(error.body)).not.toContain("secret");
    expect(error.cause).toBeInstanceOf(Error);
    expect(appErrorOf("a string").code).toBe("internal");
  });

  test("by an overloaded or restarting durable object invites to try again", () => {
    expect(appErrorOf(Object.assign(new Error("busy"), { overloaded: true })).code).toBe("unavailable");
    expect(appErrorOf(Object.assign(new Error("reset"), { retryable: true })).code).toBe("unavailable");
  });

  test("as a refusal stays what it is", () => {
    const refusal = new AppError("conflict", "files are missing", { details: { missing: ["x"] } });
    expect(appErrorOf(refusal)).toBe(refusal);
  });
});

test("an invalid input names its first fields and counts the rest", () => {
  const schema = z.object({ a: z.array(z.string()) });
  const parsed = schema.safeParse({ a: [1, 2, 3, 4, 5, 6, 7] });
  if (parsed.success) throw new Error("the input should be invalid");
  const error = invalidInput("the manifest", parsed.error);
  expect(error.message).toMatch(/^the manifest is invalid: a\.0: .*a\.4: .*; and 2 more$/);
  expect(error.details?.["issues"]).toHaveLength(7);
});
