/** How output values become bytes: the structured clone format, which keeps Dates, Maps, Sets, typed arrays and undefined. */
import { serialize } from "node:v8";
import { StepError } from "./step-error.ts";

export function encodeValue(asset: string, value: unknown): Buffer {
  try {
    return serialize(value);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    // A forgotten 'await' leaves a promise in the value, and no other store would help.
    const remedy = why.startsWith("#<Promise>")
      ? "Write 'await' before the call that returns this promise."
      : "Return plain data, or give the asset an 'ioManager' that can.";
    throw new StepError("bad_output", `The value of asset "${asset}" cannot be stored: ${why} ${remedy}`, { cause: error });
  }
}
