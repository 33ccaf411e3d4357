/** The default IO manager: output values as files under storage/values/<key>/<partition>.v8, replaced atomically. */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deserialize } from "node:v8";
import { defineIoManager, NO_VALUE, type IoManager } from "../../definitions/io-manager.ts";
import { encodeValue } from "./encode-value.ts";

const ENDING = ".v8";
/** Encoded partition keys never contain '@'. */
const UNPARTITIONED = "@value";

export const valueFiles: IoManager = defineIoManager({
  name: "files",
  async store({ asset, partition, folders }, value) {
    const folder = folderOf(folders.storage, asset);
    const data = encodeValue(asset, value);
    await mkdir(folder, { recursive: true });
    const temporary = join(folder, `${randomUUID()}.tmp`);
    try {
      await writeFile(temporary, data);
      await rename(temporary, join(folder, fileOf(partition)));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  },
  async load({ asset, partition, folders }) {
    const file = join(folderOf(folders.storage, asset), fileOf(partition));
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
      const names = await readdir(folderOf(folders.storage, asset));
      const stored = names.filter((name) => name.endsWith(ENDING) && !name.startsWith(UNPARTITIONED));
      return stored.map((name) => decodeURIComponent(name.slice(0, -ENDING.length))).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
});

function folderOf(storage: string, asset: string): string {
  // '.' and '..' are legal segments of a key but must not walk out of the folder.
  const segments = asset.split("/").map((segment) => (/^\.+$/.test(segment) ? segment.replaceAll(".", "%2E") : segment));
  return join(storage, "values", ...segments);
}

function fileOf(partition: string | null): string {
  return `${partition === null ? UNPARTITIONED : encodeURIComponent(partition)}${ENDING}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
