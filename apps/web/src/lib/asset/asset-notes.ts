/** What a page says about an asset beside its state: checks that did not pass, failed partitions, and why it is stale. Pure. */
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import type { StaleCause } from "@headgate/shared/domain/health/staleness.ts";
import { formatFailedCheck } from "@headgate/shared/format/check.ts";
import { plural } from "@headgate/shared/format/number.ts";
import { formatStaleCauses } from "@headgate/shared/format/staleness.ts";
import { assetPath, type DeploymentRef } from "#lib/paths.ts";
import type { Tone } from "#lib/status/status-style.ts";

export interface AssetNote {
  readonly tone: Tone;
  readonly text: string;
  readonly href: string;
}

interface Noted {
  readonly state: AssetState | undefined;
  readonly causes: readonly StaleCause[];
  readonly ref: DeploymentRef;
  readonly now: number;
}

/** The most urgent first. A failed materialization is not among them: each page shows it with its message. */
export function assetNotes({ state, causes, ref, now }: Noted): AssetNote[] {
  const notes: AssetNote[] = [];
  if (!state) return notes;
  const { key } = state;
  for (const check of state.checksNotPassed)
    notes.push({
      tone: check.severity === "error" ? "bad" : "warn",
      text: formatFailedCheck(check),
      href: assetPath(ref, key, { tab: "checks", query: { check: check.name } }),
    });
  const failed = state.partitions?.failed ?? 0;
  if (failed > 0)
    notes.push({
      tone: "warn",
      text: `${plural(failed, "partition")} failed`,
      href: assetPath(ref, key, { tab: "partitions", query: { status: "failed" } }),
    });
  if (causes.length > 0)
    notes.push({ tone: "late", text: `Stale: ${formatStaleCauses(causes, now)}`, href: assetPath(ref, key, "lineage") });
  return notes;
}
