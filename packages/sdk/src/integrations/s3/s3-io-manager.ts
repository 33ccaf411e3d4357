/** Output values of assets as objects of an S3 bucket, so that steps on different machines share them. */
import { deserialize } from "node:v8";
import { defineIoManager, NO_VALUE, type IoManager } from "../../definitions/io-manager.ts";
import { path } from "../../values/metadata.ts";
import type { Resource } from "../../definitions/resource.ts";
import { encodeValue } from "../../runtime/steps/encode-value.ts";
import type { S3 } from "./client.ts";
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

const ENDING = ".v8";
/** Encoded partition keys never contain '@'. */
const UNPARTITIONED = "@value";

/**
 * Keeps output values in S3: whatever Node can clone, one object per asset and partition.
 *
 * @example
 * export default defineCodeLocation({ name: "shop", assets, resources: [s3], ioManager: s3IoManager({ s3, prefix: "values/" }) });
 */
export function s3IoManager(options: S3IoManagerOptions): IoManager {
  const { bucket } = options;
  const folderOf = (asset: string): string => `${options.prefix ?? "values/"}${safe(asset)}/`;
  const keyOf = (asset: string, partition: string | null): string =>
    `${folderOf(asset)}${partition === null ? UNPARTITIONED : encodeURIComponent(partition)}${ENDING}`;
  const client = (resources: Readonly<Record<string, unknown>>): S3 => resources[options.s3.key] as S3;
  return defineIoManager({
    name: options.name ?? "s3",
    requires: [options.s3],
    async store({ asset, partition, resources, signal }, value) {
      const s3 = client(resources);
      const key = keyOf(asset, partition);
      await s3.put(key, encodeValue(asset, value), { bucket, contentType: "application/octet-stream", signal });
      return { stored_at: path(`s3://${bucket ?? s3.bucket}/${key}`) };
    },
    async load({ asset, partition, resources, signal }) {
      const key = keyOf(asset, partition);
      let data: Uint8Array;
      try {
        data = await (await client(resources).get(key, { bucket, signal })).bytes();
      } catch (error) {
        if (error instanceof S3Error && error.code === "no_such_key") return NO_VALUE;
        throw error;
      }
      try {
        return deserialize(data) as unknown;
      } catch (error) {
        throw new Error(`The stored value of ${asset} cannot be read (${key}): materialize the asset again.`, { cause: error });
      }
    },
    async partitions({ asset, resources, signal }) {
      const prefix = folderOf(asset);
      const keys: string[] = [];
      for await (const { key } of client(resources).list({ bucket, prefix, signal })) {
        const name = key.slice(prefix.length);
        // Deeper ones belong to assets whose key begins with this one's.
        if (name.endsWith(ENDING) && !name.includes("/") && !name.startsWith(UNPARTITIONED))
          keys.push(decodeURIComponent(name.slice(0, -ENDING.length)));
      }
      return keys.sort();
    },
  });
}

/** '.' and '..' are legal segments of an asset key, but a URL cannot carry them. */
function safe(asset: string): string {
  return asset
    .split("/")
    .map((segment) => (/^\.+$/.test(segment) ? segment.replaceAll(".", "%2E") : segment))
    .join("/");
}
