/**
 * Names of files and objects that keep values, for every IO manager of the SDK: readable where they fit, else a hash beside a small file or
 * object that has the key itself.
 */
import { createHash } from "node:crypto";

/** The longest name that file systems take, in bytes. Many S3 servers keep objects as files. */
const MAX_NAME = 255;

const VALUE_ENDING = ".v8";
/** Other endings than those of readable names, so that earlier releases do not list them as keys. */
const HASHED_ENDING = ".long";
const KEY_ENDING = ".key";
/** Encoded partition keys never contain '@'. */
const UNPARTITIONED = "@value";

export interface ValueName {
  readonly file: string;
  /** Name and content of the file that has the key; null where the name itself tells it. */
  readonly key: { readonly file: string; readonly text: string } | null;
}

export function valueName(partition: string | null): ValueName {
  const readable = readableName(partition);
  if (partition === null || (readable !== null && Buffer.byteLength(readable) <= MAX_NAME)) return { file: readable ?? "", key: null };
  const text = JSON.stringify(partition);
  const hash = createHash("sha256").update(text).digest("hex");
  return { file: `${hash}${HASHED_ENDING}`, key: { file: `${hash}${KEY_ENDING}`, text } };
}

/** However long it is; null for a key that cannot be encoded. */
export function readableName(partition: string | null): string | null {
  const name = partition === null ? UNPARTITIONED : encoded(partition);
  return name === null ? null : `${name}${VALUE_ENDING}`;
}

/** The folders of an asset. '.' and '..' are legal segments of a key but must not walk out of the folder; '@' is in no segment. */
export function assetFolders(asset: string): string[] {
  return asset.split("/").map((segment) => {
    if (/^\.+$/.test(segment)) return segment.replaceAll(".", "%2E");
    return segment.length <= MAX_NAME
      ? segment
      : `${segment.slice(0, 150)}@${createHash("sha256").update(segment).digest("hex").slice(0, 32)}`;
  });
}

/** The key that the file beside a hashed name has. */
export function keyOfText(text: string): string {
  return JSON.parse(text) as string;
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
