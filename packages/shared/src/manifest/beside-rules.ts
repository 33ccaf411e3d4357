/** Checks what several code locations of a deployment must fulfil together. The command line applies it to the locations of one project. */
import { findCycle } from "../domain/asset-graph.ts";
import { ok, refuse, type Result } from "../domain/errors.ts";
import type { GraphAsset } from "../domain/run/plan-types.ts";

/** Key -> the other code location that already makes the asset. */
export function takenKeys(assets: readonly GraphAsset[], others: readonly GraphAsset[]): ReadonlyMap<string, string> {
  const owners = new Map(others.filter(({ unit }) => unit !== null).map(({ key, location }) => [key, location]));
  return new Map(assets.flatMap(({ key, unit }) => (unit !== null && owners.has(key) ? [[key, owners.get(key) ?? ""] as const] : [])));
}

/** A key belongs to one code location, and lineage that crosses locations must not become circular. */
export function checkBeside(assets: readonly GraphAsset[], others: readonly GraphAsset[]): Result<null> {
  const taken = takenKeys(assets, others);
  const [owner] = taken.values();
  if (owner !== undefined) {
    const keys = [...taken.keys()];
    return refuse(
      "conflict",
      `${keys.slice(0, 5).join(", ")} ${keys.length === 1 ? "is" : "are"} already defined by code location ${owner}. An asset belongs to one code location: rename or remove one of them.`,
      { assets: keys.slice(0, 100), asset: keys[0] },
    );
  }
  const cycle = findCycle([...others, ...assets]);
  if (!cycle) return ok(null);
  const own = new Set(assets.map(({ key }) => key));
  return refuse(
    "invalid_input",
    `With this version assets depend on each other in a circle: ${cycle.join(" -> ")}. Remove one of these dependencies.`,
    { cycle, asset: cycle.find((key) => own.has(key)) },
  );
}
