/** A sensor that asks for runs when objects arrive in a bucket. */
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import { captureSite } from "../../options/definition-site.ts";
import { FILE_REQUEST, namesTag, requestFiles, shortId, type FileRequestOptions, type ListedFile } from "../../automation/file-requests.ts";
import type { Resource } from "../../definitions/resource.ts";
import { commonSensorOptions, defineSensor } from "../../automation/sensors/polling-sensor.ts";
import type { Sensor } from "../../automation/sensors/sensor.ts";
import type { S3, S3Object } from "./client.ts";

/** Options of `s3FileSensor`. */
export interface S3FileSensorOptions extends FileRequestOptions<S3Object> {
  /** The resource to list objects with. */
  readonly s3: Resource<string, S3>;
  /** Default: the resource's. */
  readonly bucket?: string | undefined;
  /** Only keys that begin so, e.g. `inbox/`. */
  readonly prefix?: string | undefined;
}

const S3_FILE_SENSOR: OptionRules<S3FileSensorOptions> = { ...FILE_REQUEST, s3: "object", bucket: "text", prefix: "text" };

/** Uploads in parts bear the time at which they began. */
const OVERLAP_MS = 15 * 60_000;

/**
 * Looks into a bucket and asks for a run for each new object: new by its time, exactly once by its key and ETag.
 *
 * @example
 * export const newOrders = s3FileSensor({
 *   name: "new_orders", s3, prefix: "inbox/", pattern: "*.csv", every: "30s", job: loadOrders,
 *   toRequest: ([file]) => ({ config: { assets: { "bronze/orders": { key: file?.key } } } }),
 * });
 */
export function s3FileSensor(options: S3FileSensorOptions): Sensor {
  checkOptions(options, S3_FILE_SENSOR, { call: "s3FileSensor", definer: s3FileSensor, what: "Sensor", needs: ["name", "s3"] });
  const { s3: resource, prefix = "" } = options;
  const sensor = defineSensor({
    ...commonSensorOptions(options),
    requires: [resource],
    evaluate: async ({ resources, signal, ...context }) => {
      const s3 = resources[resource.key] as S3;
      const listed: ListedFile<S3Object>[] = [];
      for await (const object of s3.list({ bucket: options.bucket, prefix, signal })) {
        // What consoles make to show an empty folder.
        if (object.key.endsWith("/")) continue;
        const identity = `s3://${object.bucket}/${object.key}#${object.etag}`;
        listed.push({
          file: object,
          path: object.key.slice(prefix.length).replace(/^\//, ""),
          time: object.lastModified.getTime(),
          id: shortId(identity),
          runKey: identity,
        });
      }
      const bucket = options.bucket ?? s3.bucket ?? "";
      const source = {
        place: `s3://${bucket}/${prefix}`,
        overlapMs: OVERLAP_MS,
        tagsOf: (files: readonly ListedFile<S3Object>[]) => ({
          s3_bucket: bucket,
          s3_key: namesTag(files.map(({ file }) => file.key)),
          ...(options.runPerFile === false && { s3_files: String(files.length) }),
        }),
      };
      return requestFiles(listed, { options, source, context });
    },
  });
  return { ...sensor, "~definition": { ...sensor["~definition"], site: captureSite(s3FileSensor) } };
}
