/** Output values of assets as objects of an S3 bucket, so that steps on different machines share them. */
import { deserialize } from "node:v8";
import { defineIoManager, NO_VALUE, type IoManager } from "../../definitions/io-manager.ts";
import { path } from "../../values/metadata.ts";
import type { Resource } from "../../definitions/resource.ts";
import { encodeValue } from "../../runtime/stored-values/encode-value.ts";
import { assetFolders, keyFileOf, keyOfName, keyOfText, readableName, valueName } from "../../runtime/stored-values/value-names.ts";
import type { S3, S3CallOptions } from "./client.ts";
import { S3Error } from "./errors.ts";

/** Options of `s3IoManager`. */
export interface S3IoManagerOptions {
  /** The resource to keep values with. */
  readonly s3: Resource<string, S3>;
  /** Default: the resource's. */
  readonly bucket?: string | undefined;
  /** Before all keys. Default `values/`. */
  readonly prefix?: string | undefined;
  /** Default `s3`. */
  readonly name?: string | undefined;
}

/** The longest key of an object, in bytes. */
const MAX_KEY = 1024;

/**
 * Keeps output values in S3: whatever Node can clone, one object per asset and partition.
 *
 * @example
 * export default defineCodeLocation({ name: "shop", assets, resources: [s3], ioManager: s3IoManager({ s3, prefix: "values/" }) });
 */
export function s3IoManager(options: S3IoManagerOptions): IoManager {
  const { bucket, prefix = "values/" } = options;
  const folderOf = (asset: string): string => `${prefix}${assetFolders(asset).join("/")}/`;
  const client = (resources: Readonly<Record<string, unknown>>): S3 => resources[options.s3.key] as S3;
  return defineIoManager({
    name: options.name ?? "s3",
    requires: [options.s3],
    async store({ asset, partition, resources, signal }, value) {
      const s3 = client(resources);
      const data = encodeValue(asset, value);
      const name = valueName(partition);
      const key = `${folderOf(asset)}${name.file}`;
      // The key of the partition first: a value without it would be there and not be listed.
      if (name.key) await s3.put(`${folderOf(asset)}${name.key.file}`, name.key.text, { bucket, contentType: "application/json", signal });
      await s3.put(key, data, { bucket, contentType: "application/octet-stream", signal });
      return { stored_at: path(`s3://${bucket ?? s3.bucket}/${key}`) };
    },
    async load({ asset, partition, resources, signal }) {
      const keys = [`${folderOf(asset)}${valueName(partition).file}`, ...olderKey(prefix, asset, partition)];
      for (const key of keys) {
        const data = await bytesOf(client(resources), key, { bucket, signal });
        if (data === null) continue;
        try {
          return deserialize(data) as unknown;
        } catch (error) {
          throw new Error(`The stored value of ${asset} cannot be read (${key}): materialize the asset again.`, { cause: error });
        }
      }
      return NO_VALUE;
    },
    async partitions({ asset, resources, signal }) {
      const s3 = client(resources);
      const keys = new Set<string>();
      for (const folder of new Set([folderOf(asset), olderFolder(prefix, asset)])) {
        for await (const { key } of s3.list({ bucket, prefix: folder, signal })) {
          const name = key.slice(folder.length);
          // Deeper ones belong to assets whose key begins with this one's.
          const stored = name.includes("/") ? null : await storedKey(s3, { folder, name }, { bucket, signal });
          if (stored !== null) keys.add(stored);
        }
      }
      return [...keys].sort();
    },
  });
}

async function storedKey(
  s3: S3,
  { folder, name }: { readonly folder: string; readonly name: string },
  call: S3CallOptions,
): Promise<string | null> {
  const keyFile = keyFileOf(name);
  if (keyFile === null) return keyOfName(name);
  const text = await bytesOf(s3, `${folder}${keyFile}`, call);
  return text && keyOfText(Buffer.from(text).toString("utf8"));
}

/** Null: there is no such object. */
async function bytesOf(s3: S3, key: string, call: S3CallOptions): Promise<Uint8Array | null> {
  try {
    return await (await s3.get(key, call)).bytes();
  } catch (error) {
    if (error instanceof S3Error && error.code === "no_such_key") return null;
    throw error;
  }
}

/** Where earlier releases kept values: under readable names only, as long as the store took them. */
function olderKey(prefix: string, asset: string, partition: string | null): string[] {
  const name = readableName(partition);
  const key = `${olderFolder(prefix, asset)}${name ?? ""}`;
  const isTheSame = key === `${prefix}${assetFolders(asset).join("/")}/${valueName(partition).file}`;
  return name === null || isTheSame || Buffer.byteLength(key) > MAX_KEY ? [] : [key];
}

function olderFolder(prefix: string, asset: string): string {
  const segments = asset.split("/").map((segment) => (/^\.+$/.test(segment) ? segment.replaceAll(".", "%2E") : segment));
  return `${prefix}${segments.join("/")}/`;
}
