/** Names of files and objects that keep values: readable where they fit, else a hash beside a small file that has the key itself. */
import { createHash } from "node:crypto";

export const VALUE_ENDING = ".v8";
/** Other endings than those of readable names, so that earlier releases do not list them as keys. */
export const HASHED_ENDING = ".long";
export const KEY_ENDING = ".key";
/** Encoded partition keys never contain '@'. */
const UNPARTITIONED = "@value";

export interface ValueName {
  readonly file: string;
  /** Name and content of the file that has the key; null where the name itself tells it. */
  readonly key: { readonly file: string; readonly text: string } | null;
}

/** `fits` says whether the store takes a readable name. */
export function valueName(partition: string | null, fits: (name: string) => boolean): ValueName {
  const readable = partition === null ? UNPARTITIONED : encoded(partition);
  if (partition === null || (readable !== null && fits(`${readable}${VALUE_ENDING}`)))
    return { file: `${readable}${VALUE_ENDING}`, key: null };
  const text = JSON.stringify(partition);
  const hash = createHash("sha256").update(text).digest("hex");
  return { file: `${hash}${HASHED_ENDING}`, key: { file: `${hash}${KEY_ENDING}`, text } };
}

/** The key that a readable name tells; null for another file. */
export function keyOfName(name: string): string | null {
  return name.endsWith(VALUE_ENDING) && !name.startsWith(UNPARTITIONED) ? decodeURIComponent(name.slice(0, -VALUE_ENDING.length)) : null;
}

/** The file with the key of a hashed name; null for another file. */
export function keyFileOf(name: string): string | null {
  return name.endsWith(HASHED_ENDING) ? `${name.slice(0, -HASHED_ENDING.length)}${KEY_ENDING}` : null;
}

/** Half of a character that takes two places cannot be encoded. */
function encoded(partition: string): string | null {
  return partition.isWellFormed() ? encodeURIComponent(partition) : null;
}
