/** Makes the plainest value that fits a schema of the contract, so that a new field or procedure needs no line in the fixtures. */
import { z } from "zod";
import type { View } from "@headgate/shared/contract/view.ts";

/** Null where it may be, otherwise empty texts and lists, zeros, and the first of several choices. Optional fields are left out. */
export function plainValue<S extends z.ZodType>(schema: S): View<S> {
  return plain(schema) as View<S>;
}

function plain(schema: z.core.$ZodType): unknown {
  if (schema instanceof z.ZodNullable) return null;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodUnknown) return undefined;
  if (schema instanceof z.ZodString) return "";
  if (schema instanceof z.ZodNumber) return 0;
  if (schema instanceof z.ZodBoolean) return false;
  if (schema instanceof z.ZodArray) return [];
  if (schema instanceof z.ZodRecord) return {};
  if (schema instanceof z.ZodEnum) return schema.options[0];
  if (schema instanceof z.ZodLiteral) return schema.value;
  if (schema instanceof z.ZodUnion) return plain(schema.options[0] ?? z.null());
  if (schema instanceof z.ZodObject) return Object.fromEntries(Object.entries(schema.shape).map(([name, field]) => [name, plain(field)]));
  if (schema instanceof z.ZodNull) return null;
  throw new TypeError(`There is no plain value of a ${schema._zod.def.type}: add it here, or answer the procedure in a fixture.`);
}
