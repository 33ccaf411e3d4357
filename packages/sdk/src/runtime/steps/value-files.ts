/**
 * The default IO manager: output values as files under storage/values/<key>/<partition>.v8, replaced atomically. What is too long for the
 * name of a file is hashed.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { deserialize } from "node:v8";
import { defineIoManager, NO_VALUE, type IoManager } from "../../definitions/io-manager.ts";
import { encodeValue } from "./encode-value.ts";
import { keyFileOf, keyOfName, valueName, type ValueName } from "./value-names.ts";

/** The longest name that file systems take, in bytes. */
const MAX_NAME = 255;

export const valueFiles: IoManager = defineIoManager({
  name: "files",
  async store({ asset, partition, folders }, value) {
    const folder = folderOf(folders.storage, asset);
    const data = encodeValue(asset, value);
    await mkdir(folder, { recursive: true });
    const { file, key } = nameOf(partition);
    // The key first: a value without it would be there and not be listed.
    if (key) await replace(join(folder, key.file), key.text);
    await replace(join(folder, file), data);
  },
  async load({ asset, partition, folders }) {
    const file = join(folderOf(folders.storage, asset), nameOf(partition).file);
    let data: Buffer;
    try {
      data = await readFile(file);
    } catch (error) {
      if (isMissing(error)) return NO_VALUE;
      throw error;
    }
    try {
      return deserialize(data) as unknown;
    } catch (error) {
      throw new Error(`The stored value of ${asset} cannot be read (${file}): materialize the asset again.`, { cause: error });
    }
  },
  async partitions({ asset, folders }) {
    try {
      const folder = folderOf(folders.storage, asset);
      const keys = await Promise.all((await readdir(folder)).map((name) => storedKey(folder, name)));
      return keys.filter((key) => key !== null).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
});

async function storedKey(folder: string, name: string): Promise<string | null> {
  const keyFile = keyFileOf(name);
  if (keyFile === null) return keyOfName(name);
  return JSON.parse(await readFile(join(folder, keyFile), "utf8")) as string;
}

async function replace(file: string, data: Buffer | string): Promise<void> {
  const temporary = join(dirname(file), `${randomUUID()}.tmp`);
  try {
    await writeFile(temporary, data);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function folderOf(storage: string, asset: string): string {
  return join(storage, "values", ...asset.split("/").map(folderName));
}

/** '.' and '..' are legal segments of a key but must not walk out of the folder; '@' is in no segment. */
function folderName(segment: string): string {
  if (/^\.+$/.test(segment)) return segment.replaceAll(".", "%2E");
  return segment.length <= MAX_NAME
    ? segment
    : `${segment.slice(0, 150)}@${createHash("sha256").update(segment).digest("hex").slice(0, 32)}`;
}

function nameOf(partition: string | null): ValueName {
  return valueName(partition, (name) => Buffer.byteLength(name) <= MAX_NAME);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
