/** Stores a published version without activating it. */
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { checkManifest } from "@headgate/shared/manifest/publish-rules.ts";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";
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
