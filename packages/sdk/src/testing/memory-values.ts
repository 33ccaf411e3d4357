/** An IO manager in memory: what a test materialized, and the upstream values it gives. */
import { deserialize } from "node:v8";
import { NO_VALUE, type IoManager } from "../definitions/io-manager.ts";
import { encodeValue } from "../runtime/stored-values/encode-value.ts";

export interface MemoryValues {
  readonly manager: IoManager;
  get(asset: string, partition: string | null): unknown;
}

/** Values go through the same serialization as in production, so that a test fails where production would. */
export function memoryValues(given: Readonly<Record<string, unknown>>): MemoryValues {
  const stored = new Map<string, Map<string | null, Buffer>>();
  const get = (asset: string, partition: string | null): unknown => {
    const data = stored.get(asset)?.get(partition);
    if (data) return deserialize(data);
    if (!Object.hasOwn(given, asset)) return NO_VALUE;
    const value = given[asset];
    return partition !== null && value instanceof Map && value.has(partition) ? value.get(partition) : value;
  };
  return {
    get,
    manager: {
      kind: "ioManager",
      name: "memory",
      requires: [],
      async store({ asset, partition }, value) {
        const values = stored.get(asset) ?? new Map<string | null, Buffer>();
        stored.set(asset, values.set(partition, encodeValue(asset, value)));
        return await Promise.resolve(undefined);
      },
      load: async ({ asset, partition }) => await Promise.resolve(get(asset, partition)),
      partitions: async ({ asset }) => await Promise.resolve([...(stored.get(asset)?.keys() ?? [])].filter((key) => key !== null)),
    },
  };
}
