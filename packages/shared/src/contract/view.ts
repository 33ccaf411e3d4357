/** Views are the shapes of answers. Their schemas have a name, under which the reference page lists their fields. */
import { z } from "zod";
import type { WebhookSpec } from "../manifest/automation.ts";
import type { ManifestSchedule, ManifestSensor } from "../manifest/schema.ts";
import type { SensorEvent } from "../sensor/event-schema.ts";

/** Definitions that are handed on as the manifest and the protocol declare them. */
type AsDeclared = ManifestSchedule | ManifestSensor | SensorEvent | WebhookSpec;
type Immutable<T> = T extends AsDeclared
  ? T
  : T extends readonly (infer I)[]
    ? readonly Immutable<I>[]
    : T extends object
      ? { readonly [K in keyof T]: Immutable<T[K]> }
      : T;

/** The type of a view, read-only throughout. */
export type View<S extends z.ZodType> = Immutable<z.output<S>>;

export function view<S extends z.ZodType>(name: string, schema: S): S {
  return schema.meta({ id: name });
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Give it back as `cursor` for the next page; null at the end. */
  readonly next: string | null;
}

export function pageOf<S extends z.ZodType>(item: S) {
  return z.object({
    items: z.array(item),
    /** Give it back as `cursor` for the next page; null at the end. */
    next: z.string().nullable(),
  });
}
