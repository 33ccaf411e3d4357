/** What a Pipes program receives: the context and where to send its messages, packed as the protocol wants it. Shapes: Dagster Pipes 0.1. */
import { deflateSync } from "node:zlib";
import type { ResourceRun } from "../../definitions/resource.ts";

export interface PipesContext {
  readonly asset_keys: readonly string[] | null;
  readonly code_version_by_asset_key: Readonly<Record<string, string | null>> | null;
  readonly provenance_by_asset_key: Readonly<Record<string, null>> | null;
  readonly partition_key: string | null;
  readonly partition_key_range: { readonly start: string; readonly end: string } | null;
  readonly partition_time_window: { readonly start: string; readonly end: string } | null;
  readonly run_id: string;
  readonly job_name: string | null;
  readonly retry_number: number;
  readonly extras: Readonly<Record<string, unknown>>;
}

export function pipesContext(
  run: ResourceRun | undefined,
  given: { readonly assets: readonly string[]; readonly extras: Readonly<Record<string, unknown>> },
): PipesContext {
  const { assets, extras } = given;
  const partition = run?.partition ?? null;
  const range = partition?.range ?? null;
  return {
    asset_keys: assets.length > 0 ? assets : null,
    code_version_by_asset_key: assets.length > 0 ? Object.fromEntries(assets.map((asset) => [asset, null])) : null,
    provenance_by_asset_key: assets.length > 0 ? Object.fromEntries(assets.map((asset) => [asset, null])) : null,
    partition_key: partition && !range ? partition.key : null,
    partition_key_range: partition && { start: range?.first ?? partition.key, end: range?.last ?? partition.key },
    partition_time_window:
      partition && partition.start !== null && partition.end !== null
        ? { start: isoTime(partition.start), end: isoTime(partition.end) }
        : null,
    run_id: run?.id ?? "",
    job_name: run?.job ?? null,
    retry_number: (run?.attempt ?? 1) - 1,
    extras,
  };
}

function isoTime(at: number): string {
  return new Date(at).toISOString().replace("Z", "+00:00");
}

/** base64 of the zlib-compressed JSON. */
export function packParameter(value: unknown): string {
  return deflateSync(Buffer.from(JSON.stringify(value), "utf8")).toString("base64");
}
