/** An S3 bucket as a resource. */
import { envNames, readEnvValue, type EnvValue } from "../../values/env-value.ts";
import { defineResource, type Resource } from "../../definitions/resource.ts";
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import { SETTING } from "../../options/common-rules.ts";
import { createS3Client, type S3, type S3ClientOptions } from "./client.ts";

/** Options of `s3Resource`. */
export interface S3ResourceOptions<K extends string = string> extends Pick<S3ClientOptions, "addressing" | "retries" | "timeout"> {
  /** Default `s3`. */
  readonly key?: K | undefined;
  /** `https://s3.example.com`. Default: AWS in the region. */
  readonly endpoint?: EnvValue | undefined;
  /** Default `us-east-1`; many servers have one of their own, e.g. `garage`. */
  readonly region?: EnvValue | undefined;
  /** The bucket of calls that name none. */
  readonly bucket?: EnvValue | undefined;
  /** Id of the access key. */
  readonly accessKeyId: EnvValue;
  /** The secret that belongs to it. */
  readonly secretAccessKey: EnvValue;
  /** Token of temporary credentials. Default: none. */
  readonly sessionToken?: EnvValue | undefined;
}

const S3_RESOURCE: OptionRules<S3ResourceOptions> = {
  addressing: "text",
  retries: "any",
  timeout: "any",
  key: "text",
  endpoint: SETTING,
  region: SETTING,
  bucket: SETTING,
  accessKeyId: SETTING,
  secretAccessKey: SETTING,
  sessionToken: SETTING,
};

/**
 * An S3 server: `resources.s3` lists, gets, puts and deletes objects. Requests end with the step that makes them.
 *
 * @example
 * export const s3 = s3Resource({
 *   endpoint: "https://garage.example.com", region: "garage", bucket: "lake",
 *   accessKeyId: { env: "S3_ACCESS_KEY_ID" }, secretAccessKey: { env: "S3_SECRET_ACCESS_KEY" },
 * });
 * // in an asset with `requires: [s3]`:
 * const orders = await (await resources.s3.get("inbox/orders.json")).json();
 */
export function s3Resource<const K extends string = "s3">(options: S3ResourceOptions<K>): Resource<K, S3> {
  const needs = ["accessKeyId", "secretAccessKey"];
  checkOptions(options, S3_RESOURCE, { call: "s3Resource", definer: s3Resource, what: "Resource", needs });
  const key = options.key ?? "s3";
  const { endpoint, region, bucket, accessKeyId, secretAccessKey, sessionToken } = options;
  return defineResource({
    key: key as K,
    kind: "s3",
    env: envNames({ endpoint, region, bucket, accessKeyId, secretAccessKey, sessionToken }),
    setup: ({ env, signal }) => {
      const read = (name: string, value: EnvValue): string => readEnvValue(value, env, `${name} of resource "${key}"`);
      const optional = (name: string, value: EnvValue | undefined): string | undefined =>
        value === undefined ? undefined : read(name, value);
      return createS3Client({
        endpoint: optional("endpoint", endpoint),
        region: optional("region", region),
        bucket: optional("bucket", bucket),
        accessKeyId: read("accessKeyId", accessKeyId),
        secretAccessKey: read("secretAccessKey", secretAccessKey),
        sessionToken: optional("sessionToken", sessionToken),
        addressing: options.addressing,
        retries: options.retries,
        timeout: options.timeout,
        signal,
      });
    },
  });
}
