/** The tables that Airbyte fills, as assets: external ones, or such that a run syncs. */
import type { AssetDescription } from "../../definitions/asset-type.ts";
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import { RETRY } from "../../options/common-rules.ts";
import { captureSite, type DefinitionSite } from "../../options/definition-site.ts";
import type { Duration } from "../../options/duration.ts";
import type { RetryPolicy } from "../../options/retry-policy.ts";
import { url, type MetadataRecord } from "../../values/metadata.ts";
import { defineMultiAsset, type MultiAsset, type OutputSpec } from "../../definitions/multi-asset.ts";
import type { Resource } from "../../definitions/resource.ts";
import { createSourceAsset } from "../../definitions/source-asset.ts";
import type { SourceAsset } from "../../definitions/asset-type.ts";
import type { Airbyte, AirbyteJob } from "./client.ts";
import { jobMetadata } from "./job-metadata.ts";

/** A stream of a connection: one table of the destination. */
export interface AirbyteStream extends Pick<
  AssetDescription,
  "group" | "description" | "owners" | "tags" | "kinds" | "columns" | "metadata"
> {
  /** Name of the stream. */
  readonly name: string;
  /** Default: `<name of the connection>/<name of the stream>`. */
  readonly key?: string | undefined;
}

/** A connection of an Airbyte server. */
export interface AirbyteConnection {
  /** Id of the connection. */
  readonly id: string;
  /** Short; becomes the first part of the asset keys. */
  readonly name: string;
  /** Names of its streams, or streams with a description. */
  readonly streams: readonly (string | AirbyteStream)[];
  /** Where a person finds it. */
  readonly url?: string | undefined;
}

/** Options of `airbyteAssets`. */
export interface AirbyteAssetsOptions {
  /** The server. */
  readonly airbyte: Resource<string, Airbyte>;
  /** The connections whose streams become assets. */
  readonly connections: readonly AirbyteConnection[];
  /**
   * False (the default): Airbyte syncs by itself, the assets are external. True: a run that contains one of them starts a sync of its
   * connection, which fills all streams of it, and waits for its end.
   */
  readonly triggerable?: boolean | undefined;
  /** Default: the name of the connection. */
  readonly group?: string | undefined;
  /** Time limit of a sync. Default: none. */
  readonly timeout?: Duration | undefined;
  /** When a failed sync is tried again. Default: the policy of the job, else no retry. */
  readonly retry?: RetryPolicy | undefined;
  /** Time between two requests for the state of a running sync. Default 5 seconds. */
  readonly pollEvery?: Duration | undefined;
}

const AIRBYTE_ASSETS: OptionRules<AirbyteAssetsOptions> = {
  airbyte: "object",
  connections: "list",
  triggerable: "boolean",
  group: "text",
  timeout: "duration",
  retry: { options: RETRY },
  pollEvery: "duration",
};

/**
 * One asset per stream of some connections.
 *
 * @example
 * export const shop = airbyteAssets({
 *   airbyte, triggerable: true,
 *   connections: [{ id: "e735894a-e773-4938-969f-45f53957b75b", name: "shop", streams: ["customers", "orders"] }],
 * }); // the assets shop/customers and shop/orders
 */
export function airbyteAssets(options: AirbyteAssetsOptions): (SourceAsset | MultiAsset)[] {
  checkOptions(options, AIRBYTE_ASSETS, {
    call: "airbyteAssets",
    definer: airbyteAssets,
    what: "airbyteAssets",
    needs: ["airbyte", "connections"],
  });
  const site = captureSite(airbyteAssets);
  return options.connections.flatMap((connection): (SourceAsset | MultiAsset)[] =>
    options.triggerable === true ? [triggerable(connection, options, site)] : externals(connection, options, site),
  );
}

function externals(connection: AirbyteConnection, options: AirbyteAssetsOptions, site: DefinitionSite | undefined): SourceAsset[] {
  return specsOf(connection, options).map(({ spec }) => createSourceAsset({ ...spec, url: connection.url }, site));
}

function triggerable(connection: AirbyteConnection, options: AirbyteAssetsOptions, site: DefinitionSite | undefined): MultiAsset {
  const specs = specsOf(connection, options);
  const multi = defineMultiAsset({
    name: `airbyte_${keySegment(connection.name)}`,
    outputs: Object.fromEntries(specs.map(({ stream, spec }) => [stream, spec])),
    requires: [options.airbyte],
    timeout: options.timeout,
    retry: options.retry,
    run: async ({ resources }) => {
      const airbyte = resources[options.airbyte.key] as Airbyte;
      const job = await airbyte.sync(connection.id, { pollEvery: options.pollEvery });
      return specs.map(({ stream }) => ({ output: stream, metadata: metadataOf(job, connection) }));
    },
  });
  const definition = multi["~definition"];
  const outputs = Object.entries(definition.outputs).map(([name, output]) => {
    const asset = { ...output.asset, "~definition": { ...output.asset["~definition"], site } };
    return [name, { ...output, asset }] as const;
  });
  return {
    ...multi,
    outputs: Object.fromEntries(outputs.map(([name, { asset }]) => [name, asset])),
    "~definition": { ...definition, site, outputs: Object.fromEntries(outputs) },
  };
}

function metadataOf(job: AirbyteJob, connection: AirbyteConnection): MetadataRecord {
  return { ...jobMetadata(job), ...(connection.url !== undefined && { airbyte_connection: url(connection.url) }) };
}

interface StreamSpec {
  readonly stream: string;
  readonly spec: OutputSpec;
}

function specsOf(connection: AirbyteConnection, options: AirbyteAssetsOptions): StreamSpec[] {
  return connection.streams.map((given) => {
    const { name, key, ...description }: AirbyteStream = typeof given === "string" ? { name: given } : given;
    return {
      stream: name,
      spec: {
        group: options.group ?? connection.name,
        kinds: ["airbyte"],
        ...description,
        key: key ?? `${keySegment(connection.name)}/${keySegment(name)}`,
        metadata: { airbyte_connection_id: connection.id, airbyte_stream: name, ...description.metadata },
      },
    };
  });
}

/** Asset keys allow letters, digits, '_', '.' and '-' between their slashes. */
function keySegment(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_.-]+/g, "_");
}
