/** A condition belongs to an asset or to a check (`<asset>:<check>`): whose page shows it, and by which scope is it paused? Pure. */
import type { PauseView } from "@headgate/shared/contract/automations/conditions.ts";
import { assetPath, type DeploymentRef } from "#lib/paths.ts";

/** Asset keys contain no colon, so the first one ends the key. */
export function assetOfTarget(target: string): string {
  const colon = target.indexOf(":");
  return colon < 0 ? target : target.slice(0, colon);
}

export function conditionPath(ref: DeploymentRef, target: string, evaluation?: string): string {
  const asset = assetOfTarget(target);
  return assetPath(ref, asset, { tab: "automation", query: { target: asset === target ? null : target, evaluation } });
}

export function scopeWords(scope: PauseView["scope"]): string {
  if (scope === "all") return "All conditions";
  if (scope.startsWith("location:")) return `Conditions of ${scope.slice("location:".length)}`;
  return scope.slice("asset:".length);
}
