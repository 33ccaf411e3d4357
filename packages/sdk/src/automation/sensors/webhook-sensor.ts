/** Sensors that another system calls. */
import type { ManifestSensor } from "@headgate/shared/manifest/schema.ts";
import type { AnyResource } from "../../definitions/resource.ts";
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import { captureSite } from "../../options/definition-site.ts";
import type { Requests } from "../tick-request.ts";
import { type CommonOptions, createSensor, SENSOR, type Sensor, type SensorContext } from "./sensor.ts";

/** The request that woke a webhook sensor. */
export interface WebhookEvent {
  /** The control plane's id of the delivery. */
  readonly delivery: string;
  /** `POST`, `PUT`, ... */
  readonly method: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parameters of the address, by name. */
  readonly query: Readonly<Record<string, string>>;
  /** Parsed when it is JSON, otherwise text. */
  readonly body: unknown;
  /** When the delivery arrived. */
  readonly at: Date;
}

/** How deliveries of a webhook are verified and read. */
export interface WebhookOptions {
  /**
   * `standard` (the default): signed by the Standard Webhooks scheme. `github`: signed as GitHub does. `secret`: a shared secret in a header
   * or in the address, for senders that cannot sign. `none`: every sender that knows the address.
   */
  readonly verify?: "standard" | "github" | "secret" | "none" | undefined;
  /** True: accepts bodies that are not JSON, as text. Default false. */
  readonly raw?: boolean | undefined;
}

/**
 * Which deliveries ask for a run without a function, and where its parts stand in them: paths such as `data.connection.id` in a JSON
 * body, `$headers.x-event` or `$query.id`.
 */
export interface WebhookMapping {
  /** Conditions that a delivery must all meet. Default: none. */
  readonly when?: readonly { readonly path: string; readonly equals: string | number | boolean | null }[] | undefined;
  /** Where the run key stands. Default: every delivery asks for a run of its own. */
  readonly runKey?: string | undefined;
  /** Where the partition key stands. Default: none. */
  readonly partition?: string | undefined;
  /** Name of a tag of the run -> where its value stands. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

export const WEBHOOK: OptionRules<WebhookOptions> = {
  verify: "any",
  raw: "boolean",
};

/** Options of `defineWebhookSensor`. */
export interface WebhookSensorOptions<R extends readonly AnyResource[]> extends CommonOptions<R>, WebhookOptions {
  /** Asks for runs without a function. The control plane evaluates it, also while no agent is connected. */
  readonly map?: WebhookMapping | undefined;
  /** Decides at each delivery. Default: `map` decides, else each delivery asks for a run of `job`. */
  evaluate?(context: SensorContext<R, WebhookEvent>): Requests;
}

const WEBHOOK_SENSOR: OptionRules<WebhookSensorOptions<[]>> = {
  ...SENSOR,
  ...WEBHOOK,
  map: {
    options: { when: "list", runKey: "text", partition: "text", tags: "object" } satisfies OptionRules<WebhookMapping>,
  },
  evaluate: "function",
};

/**
 * Defines a sensor that fires when another system calls its webhook. The dashboard shows its address and makes its secret.
 *
 * @example
 * export const orders = defineWebhookSensor({
 *   name: "orders", job: bronzeRefresh, map: { when: [{ path: "type", equals: "order.created" }], runKey: "id", tags: { order: "data.id" } },
 * });
 */
export function defineWebhookSensor<const R extends readonly AnyResource[] = []>(options: WebhookSensorOptions<R>): Sensor {
  checkOptions(options, WEBHOOK_SENSOR, { call: "defineWebhookSensor", definer: defineWebhookSensor, what: "Sensor", needs: ["name"] });
  const { verify, raw, map } = options;
  return createSensor<R, "webhook">(options, {
    type: "webhook",
    fields: { webhook: webhookField({ verify, raw }, map) },
    problems: () => [
      ...(map && options.evaluate
        ? ["it has both 'map' and 'evaluate'. Keep 'map' to decide in the control plane, or 'evaluate' to decide in your code."]
        : []),
      ...badPaths(map),
    ],
    site: captureSite(defineWebhookSensor),
  });
}

/** The webhook as the manifest has it. */
export function webhookField({ verify = "standard", raw = false }: WebhookOptions, map?: WebhookMapping): ManifestSensor["webhook"] {
  return { verify, raw, ...(map && { map: { ...map, when: map.when?.map((rule) => ({ ...rule })), tags: map.tags && { ...map.tags } } }) };
}

/** Ways of writing a path that others know and that would find nothing here. */
function badPaths(map: WebhookMapping | undefined): string[] {
  const paths = [...(map?.when ?? []).map(({ path }) => path), map?.runKey, map?.partition, ...Object.values(map?.tags ?? {})];
  return paths.flatMap((path) => {
    if (path === undefined || !/^\$(?:$|[.[])|\[(?:\d+|["'*])/.test(path)) return [];
    const plain = path
      .replace(/^\$\.?/, "")
      .replaceAll(/\[["']?([^\]"']*)["']?\]/g, ".$1")
      .replace(/^\./, "");
    return `'${path}' is no path: names and list positions are joined with dots and nothing else${plain === "" ? "" : `, so write '${plain}'`}.`;
  });
}
