/** Says whether two partitions definitions can have a key in common. In doubt they can: dynamic keys are not known, and times come. */
import type { PartitionsDefinition, TimeWindowPartitions } from "./definition.ts";
import { openTimePartitions } from "./time-window.ts";

/** Windows that are looked at. Where none of so many has a key of the other, the forms of the keys differ. */
const SAMPLE = 400;

export function haveCommonKey(a: PartitionsDefinition, b: PartitionsDefinition): boolean {
  if (a.type === "multi" || b.type === "multi") {
    if (a.type !== "multi" || b.type !== "multi" || a.dimensions.length !== b.dimensions.length) return false;
    const [first, second] = [a, b].map(({ dimensions }) => dimensions.toSorted((x, y) => (x.name < y.name ? -1 : 1)));
    return (
      first?.every(({ partitions }, index) => {
        const other = second?.[index]?.partitions;
        return other === undefined || haveCommonKey(partitions, other);
      }) === true
    );
  }
  if (a.type === "dynamic" || b.type === "dynamic") return true;
  if (a.type === "static") return a.keys.some(hasKeyOf(b));
  if (b.type === "static") return b.keys.some(hasKeyOf(a));
  return sampleOf(a, b).some(hasKeyOf(b)) || sampleOf(b, a).some(hasKeyOf(a));
}

function hasKeyOf(definition: Exclude<PartitionsDefinition, { readonly type: "multi" | "dynamic" }>): (key: string) => boolean {
  if (definition.type === "static") {
    const keys = new Set(definition.keys);
    return (key) => keys.has(key);
  }
  const opened = openTimePartitions(definition);
  return (key) => !opened.ok || opened.value.indexOfKey(key) >= 0;
}

/** Keys from the later one of the two beginnings on. */
function sampleOf(definition: TimeWindowPartitions, other: TimeWindowPartitions): readonly string[] {
  const [own, others] = [openTimePartitions(definition), openTimePartitions(other)];
  if (!own.ok || !others.ok) return [];
  const begin = others.value.windowAt(0)?.start ?? 0;
  const first = Math.max(0, own.value.indexAt(begin));
  return Array.from({ length: SAMPLE }, (_, index) => own.value.keyAt(first + index)).flatMap((key) => key ?? []);
}
