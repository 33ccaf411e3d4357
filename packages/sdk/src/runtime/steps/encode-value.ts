/** How output values become bytes: the structured clone format, which keeps Dates, Maps, Sets, typed arrays and undefined. */
import { serialize } from "node:v8";
import { StepError } from "./step-error.ts";

export function encodeValue(asset: string, value: unknown): Buffer {
  try {
    return serialize(value);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StepError(
      "bad_output",
      `The value of asset "${asset}" cannot be stored: ${why} Return plain data, or give the asset an 'ioManager' that can.`,
      { cause: error },
    );
  }
}
