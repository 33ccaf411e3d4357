/** How output values become bytes: the structured clone format, which keeps Dates, Maps, Sets, typed arrays and undefined. */
import { serialize } from "node:v8";
import { emptiedInstance } from "./emptied-instance.ts";
import { StepError } from "../steps/step-error.ts";

const PLAIN = "Return plain data, or give the asset an 'ioManager' that can.";

export function encodeValue(asset: string, value: unknown): Buffer {
  let data: Buffer;
  try {
    data = serialize(value);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    // A forgotten 'await' leaves a promise in the value, and no other store would help.
    const remedy = why.startsWith("#<Promise>") ? "Write 'await' before the call that returns this promise." : PLAIN;
    throw new StepError("bad_output", `The value of asset "${asset}" cannot be stored: ${why} ${remedy}`, { cause: error });
  }
  const emptied = emptiedInstance(value);
  if (emptied === null) return data;
  throw new StepError(
    "bad_output",
    `The value of asset "${asset}" cannot be stored: an instance of ${emptied} would come back as an empty object. ${PLAIN}`,
  );
}
