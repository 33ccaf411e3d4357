/** Stores the limits and policies that an admin has set; `DEFAULT_SETTINGS` applies to all others. */
import type { DeploymentSettings } from "@headgate/shared/contract/runs/settings.ts";
import type { Database } from "../kernel/database.ts";
import { readMeta, writeMeta } from "../kernel/meta-store.ts";

const DEFAULT_SETTINGS: DeploymentSettings = {
  maxConcurrentRuns: 10,
  tagLimits: [],
  pools: {},
  defaultPoolLimit: null,
  runRetry: { maxRetries: 0, strategy: "from_failure", on: "any" },
  // Long enough to download a version or an image.
  startTimeoutSeconds: 900,
};

export function readSettings(db: Database): DeploymentSettings {
  const text = readMeta(db, "settings");
  return text === null ? DEFAULT_SETTINGS : { ...DEFAULT_SETTINGS, ...(JSON.parse(text) as Partial<DeploymentSettings>) };
}

export function saveSettings(db: Database, settings: DeploymentSettings): void {
  writeMeta(db, "settings", JSON.stringify(settings));
}
