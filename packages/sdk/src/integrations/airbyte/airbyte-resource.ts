/** An Airbyte server as a resource. */
import { type Duration, millisecondsOf } from "../../options/duration.ts";
import { envNames, readEnvValue, type EnvValue } from "../../values/env-value.ts";
import { defineResource, type Resource } from "../../definitions/resource.ts";
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import { SETTING } from "../../options/common-rules.ts";
import { createAirbyte, type Airbyte } from "./client.ts";
import { AirbyteError } from "./errors.ts";
import { connectAirbyte } from "./http.ts";

interface CommonOptions<K extends string> {
  /** Default `airbyte`. */
  readonly key?: K | undefined;
  /** `https://api.airbyte.com`, or your server. Without a path, the path of its public API is added. */
  readonly url: EnvValue;
  /** How often a request is repeated after 429, 5xx, a lost connection or a time-out. Default 4. */
  readonly retries?: number | undefined;
  /** Time that a request may take. Default 30 seconds. */
  readonly timeout?: Duration | undefined;
}
interface ApplicationOptions {
  /** Client id of an Airbyte application, which fetches and renews access tokens. */
  readonly clientId: EnvValue;
  readonly clientSecret: EnvValue;
  readonly token?: undefined;
}
interface TokenOptions {
  /** A token that does not end, where there is no application. */
  readonly token: EnvValue;
  readonly clientId?: undefined;
  readonly clientSecret?: undefined;
}
/** Options of `airbyteResource`. */
export type AirbyteResourceOptions<K extends string = string> = CommonOptions<K> & (ApplicationOptions | TokenOptions);

const AIRBYTE: OptionRules<CommonOptions<string> & ApplicationOptions> = {
  key: "text",
  url: SETTING,
  retries: "number",
  timeout: "duration",
  clientId: SETTING,
  clientSecret: SETTING,
  token: SETTING,
};

/**
 * An Airbyte server: `resources.airbyte` lists jobs, starts syncs and waits for them.
 *
 * @example
 * export const airbyte = airbyteResource({
 *   url: "http://airbyte-server:8001", clientId: { env: "AIRBYTE_CLIENT_ID" }, clientSecret: { env: "AIRBYTE_CLIENT_SECRET" },
 * });
 * // in an asset with `requires: [airbyte]`:
 * const { rowsSynced } = await resources.airbyte.sync("e735894a-e773-4938-969f-45f53957b75b");
 */
export function airbyteResource<const K extends string = "airbyte">(options: AirbyteResourceOptions<K>): Resource<K, Airbyte> {
  checkOptions(options, AIRBYTE, { call: "airbyteResource", definer: airbyteResource, what: "Resource", needs: ["url"] });
  const key = options.key ?? "airbyte";
  const { url, token, clientId, clientSecret } = options;
  return defineResource({
    key: key as K,
    kind: "airbyte",
    env: envNames({ url, token, clientId, clientSecret }),
    setup: ({ env, log, signal }) => {
      const read = (name: string, value: EnvValue): string => readEnvValue(value, env, `${name} of resource "${key}"`);
      const credentials =
        token === undefined
          ? { clientId: read("clientId", clientId), clientSecret: read("clientSecret", clientSecret) }
          : { token: read("token", token) };
      const send = connectAirbyte({
        base: baseOf(read("url", url)),
        credentials,
        retries: options.retries ?? 4,
        timeoutMs: millisecondsOf(options.timeout ?? 30, "timeout"),
      });
      return createAirbyte(send, { log, signal });
    },
  });
}

function baseOf(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new AirbyteError("rejected", `"${text}" is no URL of an Airbyte server; it looks like https://airbyte.example.com`);
  const { origin, pathname, hostname } = new URL(text);
  const path = pathname.replace(/\/+$/, "");
  if (path !== "") return origin + path;
  return origin + (hostname === "api.airbyte.com" ? "/v1" : "/api/public/v1");
}
