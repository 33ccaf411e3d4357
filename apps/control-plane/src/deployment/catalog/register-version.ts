/** Stores a published version without activating it. */
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";
import { MAX_ROW_BYTES } from "../kernel/database.ts";
import {
  diffVersions,
  insertVersion,
  newestVersion,
  newLocation,
  readLocation,
  saveDiff,
  saveLocation,
  type VersionRow,
  versionByHash,
} from "./version-store.ts";
import type { Tx } from "../kernel/tx.ts";
import { checkManifest } from "./check-manifest.ts";

export interface RegisterInput {
  readonly manifest: Manifest;
  readonly hash: string;
  readonly manifestKey: string;
  readonly actor: Actor;
}

/** Returns the existing version if the same manifest was published before. */
export function registerVersion(tx: Tx, input: RegisterInput): Result<VersionRow> {
  const { manifest, hash } = input;
  const known = versionByHash(tx.db, manifest.location, hash);
  if (known) return ok(known);
  const checked = checkManifest(manifest);
  if (!checked.ok) return checked;
  const fits = refuseTooLarge(manifest);
  if (!fits.ok) return fits;
  const before = newestVersion(tx.db, manifest.location);
  const number = (before?.number ?? 0) + 1;
  const row = insertVersion(
    tx.db,
    {
      id: `${manifest.location}-${number}-${hash.slice(0, 8)}`,
      location: manifest.location,
      number,
      hash,
      manifestKey: input.manifestKey,
      publishedAt: tx.now,
      publishedBy: input.actor.name,
      counts: {
        assets: manifest.assets.length,
        checks: manifest.checks.length,
        jobs: manifest.jobs.length,
        schedules: manifest.schedules.length,
        sensors: manifest.sensors.length,
      },
      git: manifest.git,
      sdk: manifest.sdk.version,
      diff: { added: [], removed: [], changed: [] },
      pools: manifest.pools,
    },
    manifest,
  );
  if (before) saveDiff(tx.db, row.no, diffVersions(tx.db, before.no, row.no));
  const location = readLocation(tx.db, manifest.location) ?? newLocation(manifest.location);
  saveLocation(tx.db, { ...location, updatedAt: tx.now });
  tx.fact({ type: "location_changed", location: manifest.location });
  return ok(row);
}

/** Each definition is stored in one row, whose size is limited. */
function refuseTooLarge(manifest: Manifest): Result<null> {
  const isLarge = (entry: unknown) => JSON.stringify(entry).length > MAX_ROW_BYTES / 2;
  const asset = manifest.assets.find(isLarge);
  if (asset)
    return refuse(
      "too_large",
      `The definition of asset ${asset.key} has more than ${Math.round(MAX_ROW_BYTES / 2000)} kB. Shorten its description, columns or metadata.`,
    );
  const unit = manifest.units.find(isLarge);
  if (unit)
    return refuse(
      "too_large",
      `Unit '${unit.id}' has ${unit.assets.length} assets and ${unit.checks.length} checks, more than one unit can hold. Split the project.`,
    );
  const named = [...manifest.checks, ...manifest.jobs, ...manifest.schedules, ...manifest.sensors].find(isLarge);
  return named ? refuse("too_large", `The definition of '${named.name}' has more than ${Math.round(MAX_ROW_BYTES / 2000)} kB.`) : ok(null);
}
