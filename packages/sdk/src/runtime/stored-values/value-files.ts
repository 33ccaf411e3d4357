/**
 * The default IO manager: output values as files under storage/values/<key>/<partition>.v8, replaced atomically. What is too long for the
 * name of a file is hashed.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { deserialize } from "node:v8";
import { defineIoManager, NO_VALUE, type IoManager } from "../../definitions/io-manager.ts";
import { encodeValue } from "./encode-value.ts";
import { assetFolders, keyFileOf, keyOfName, keyOfText, valueName } from "./value-names.ts";

export const valueFiles: IoManager = defineIoManager({
  name: "files",
  async store({ asset, partition, folders }, value) {
    const folder = folderOf(folders.storage, asset);
    const data = encodeValue(asset, value);
    await mkdir(folder, { recursive: true });
    const { file, key } = valueName(partition);
    // The key first: a value without it would be there and not be listed.
    if (key) await replace(join(folder, key.file), key.text);
    await replace(join(folder, file), data);
  },
  async load({ asset, partition, folders }) {
    const file = join(folderOf(folders.storage, asset), valueName(partition).file);
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
  return keyOfText(await readFile(join(folder, keyFile), "utf8"));
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
  return join(storage, "values", ...assetFolders(asset));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
