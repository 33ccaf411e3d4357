/**
 * A manifest as it travels and is stored: a condition that several assets or checks have, e.g. `eager()` on each of ten thousand, stands in it
 * once. A manifest without any of this is read as well.
 */
import { z } from "zod";
import type { Condition } from "../domain/automation/condition.ts";
import { canonicalJson } from "../domain/json.ts";
import { conditionSchema } from "./automation.ts";
import { manifestAssetSchema, manifestCheckSchema, manifestSchema, type Manifest } from "./schema.ts";

/** Index into `conditions`. */
const shared = { sharedCondition: z.number().int().min(0).optional() };

const wireSchema = manifestSchema.extend({
  conditions: z.array(conditionSchema).default([]),
  assets: z.array(manifestAssetSchema.extend(shared)).max(100_000),
  checks: z.array(manifestCheckSchema.extend(shared)).default([]),
});

type Conditional = Pick<Manifest, "assets" | "checks">;
type OnWire<T> = Omit<T, "automation"> & { readonly automation?: Condition | undefined; readonly sharedCondition?: number | undefined };
export type WireManifest<T extends Conditional = Manifest> = Omit<T, keyof Conditional> & {
  readonly conditions?: readonly Condition[];
  readonly assets: readonly OnWire<T["assets"][number]>[];
  readonly checks: readonly OnWire<T["checks"][number]>[];
};

/** Reads a manifest that came from elsewhere. Those that shared a condition have the same object. */
export const manifestWireSchema = wireSchema.transform(({ conditions, assets, checks, ...manifest }, context): Manifest => {
  const expand = <T extends { readonly automation?: Condition | undefined; readonly sharedCondition?: number | undefined }>(
    list: "assets" | "checks",
    entries: readonly T[],
  ) =>
    entries.map(({ sharedCondition, ...entry }, index) => {
      if (sharedCondition === undefined) return entry;
      const automation = conditions[sharedCondition];
      if (automation === undefined)
        context.addIssue({
          code: "custom",
          path: [list, index, "sharedCondition"],
          message: `there is no condition ${sharedCondition}, the manifest has ${conditions.length}`,
        });
      return { ...entry, automation };
    });
  return { ...manifest, assets: expand("assets", assets), checks: expand("checks", checks) };
});

/** What is sent and stored; equal manifests give equal ones. */
export function manifestOnWire<T extends Conditional>(manifest: T): WireManifest<T> {
  const texts = new Map<Condition, string>();
  const textOf = (condition: Condition): string => {
    const text = texts.get(condition) ?? canonicalJson(condition);
    texts.set(condition, text);
    return text;
  };
  const { assets, checks } = manifest;
  const times = new Map<string, number>();
  for (const { automation } of [...assets, ...checks])
    if (automation !== undefined) times.set(textOf(automation), (times.get(textOf(automation)) ?? 0) + 1);
  const conditions: Condition[] = [];
  const places = new Map<string, number>();
  const share = <E extends { readonly automation?: Condition | undefined }>({ automation, ...entry }: E): OnWire<E> => {
    if (automation === undefined) return entry;
    const text = textOf(automation);
    if (times.get(text) === 1) return { ...entry, automation };
    const place = places.get(text) ?? conditions.push(automation) - 1;
    places.set(text, place);
    return { ...entry, sharedCondition: place };
  };
  const onWire = { assets: assets.map(share), checks: checks.map(share) };
  return { ...manifest, ...onWire, ...(conditions.length > 0 && { conditions }) };
}
