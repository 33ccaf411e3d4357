/** Computes the slots of each pool: an admin's setting wins over the code locations, and these win over the deployment's default. */
import type { DeploymentSettings } from "@headgate/shared/contract/runs/settings.ts";
import type { LimitSettings } from "@headgate/shared/domain/queue/limits.ts";
import type { Catalog } from "../catalog/catalog.ts";

export function limitSettings(settings: DeploymentSettings, catalog: Catalog): LimitSettings {
  return {
    maxConcurrentRuns: settings.maxConcurrentRuns,
    tagLimits: settings.tagLimits,
    pools: { ...Object.fromEntries(catalog.pools), ...settings.pools },
    defaultPoolLimit: settings.defaultPoolLimit,
  };
}

/** Pools that have no slot left. */
export function fullPools(limits: LimitSettings, holding: readonly { readonly pool: string }[]): string[] {
  const held = new Map<string, number>();
  for (const { pool } of holding) held.set(pool, (held.get(pool) ?? 0) + 1);
  return [...new Set([...Object.keys(limits.pools), ...held.keys()])].filter((pool) => {
    const limit = Object.hasOwn(limits.pools, pool) ? limits.pools[pool] : limits.defaultPoolLimit;
    return (held.get(pool) ?? 0) >= (limit ?? Infinity);
  });
}
