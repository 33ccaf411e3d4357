/** Finds code locations that define the same assets. Stored conflicts are compared with the active definitions, so resolved ones disappear. */
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import { readConflicts } from "./conflict-store.ts";
import type { Reader } from "../kernel/reader.ts";
import { catalogOf } from "./catalog.ts";

export interface OpenConflict {
  /** The code location whose newest version was refused. */
  readonly refused: string;
  /** The code location whose active version defines the assets. */
  readonly owner: string;
  readonly at: number;
  readonly error: LoadError;
}

const NAMED = 5;

export function openConflicts(reader: Reader): OpenConflict[] {
  const conflicts = readConflicts(reader.db);
  if (conflicts.length === 0) return [];
  const { graph } = catalogOf(reader);
  return conflicts.flatMap(({ location, at, keys }) => {
    const owned = Map.groupBy(keys, (key) => {
      const asset = graph.assets[graph.indexOf(key)];
      return asset && asset.unit !== null && asset.location !== location ? asset.location : null;
    });
    return [...owned].flatMap(([owner, theirs]) =>
      owner === null ? [] : [{ refused: location, owner, at, error: describe(theirs, { refused: location, owner }) }],
    );
  });
}

function describe(keys: readonly string[], between: { readonly refused: string; readonly owner: string }): LoadError {
  const more = keys.length > NAMED ? ` and ${keys.length - NAMED} more` : "";
  return {
    kind: "invalid_definition",
    message: `${keys.slice(0, NAMED).join(", ")}${more} ${keys.length === 1 ? "is" : "are"} defined by both code location ${between.owner} and ${between.refused}; the newest version of ${between.refused} is not active.`,
    hint: "An asset belongs to one code location: rename or remove one of the two, and publish again.",
  };
}
