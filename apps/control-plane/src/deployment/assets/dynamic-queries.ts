/** Queries about dynamic partition sets and their keys. */
import type { AnswerOf, InputOf } from "@headgate/shared/contract/table.ts";
import type { DynamicSetView } from "@headgate/shared/contract/assets/partitions.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { shortened } from "@headgate/shared/domain/shortened.ts";
import { dynamicNames } from "../partitions/partition-context.ts";
import { countKeys, listKeys } from "../partitions/dynamic-key-store.ts";
import { numberOfCursor } from "../kernel/page-cursor.ts";
import type { Reader } from "../kernel/reader.ts";
import { catalogOf } from "../catalog/catalog.ts";

/** Sets that an asset is partitioned by, and sets that still have keys. */
export function dynamicSets(reader: Pick<Reader, "db">): Result<readonly DynamicSetView[]> {
  const counts = countKeys(reader.db);
  const assets = new Map<string, string[]>([...counts.keys()].map((name) => [name, []]));
  for (const asset of catalogOf(reader).graph.assets) {
    for (const name of asset?.partitions ? dynamicNames(asset.partitions) : [])
      assets.set(name, [...(assets.get(name) ?? []), asset?.key ?? ""]);
  }
  return ok([...assets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, keys]) => ({ name, count: counts.get(name) ?? 0, assets: keys })));
}

/** Refuses a set that no asset uses and that has no keys: its name is probably misspelled. */
export function findDynamicSet(reader: Pick<Reader, "db">, name: string): Result<DynamicSetView> {
  const sets = dynamicSets(reader);
  if (!sets.ok) return sets;
  const found = sets.value.find((set) => set.name === name);
  if (found) return ok(found);
  const names = sets.value.map((set) => set.name);
  const known = names.length === 0 ? "No asset has dynamic partitions." : `There are ${names.slice(0, 10).join(", ")}.`;
  return refuse("not_found", `There is no dynamic partition set "${shortened(name)}". ${known}`, { name });
}

export function dynamicKeys(reader: Reader, input: InputOf<"partitions.keys">): Result<AnswerOf<"partitions.keys">> {
  const found = findDynamicSet(reader, input.name);
  if (!found.ok) return found;
  const before = numberOfCursor(input.cursor);
  if (!before.ok) return before;
  const rows = listKeys(reader.db, { name: input.name, text: input.text, before: before.value, limit: input.limit + 1 });
  const page = rows.slice(0, input.limit);
  const last = page.at(-1);
  return ok({
    items: page.map(({ key, addedAt, addedBy }) => ({ key, addedAt, addedBy })),
    next: rows.length > input.limit && last ? String(last.no) : null,
  });
}
