/** What is the address of each view? Every navigation is a link made here, so that any view can be shared and opened in a new tab. */
import type { AutomationRef } from "@headgate/shared/contract/automations/automation-views.ts";

export interface DeploymentRef {
  readonly org: string;
  readonly name: string;
}
export type AssetTab = "overview" | "events" | "checks" | "lineage" | "partitions" | "automation";

type Query = Readonly<Record<string, string | number | null | undefined>>;

export function deploymentHome(ref: DeploymentRef): string {
  return `/${encodeURIComponent(ref.org)}/${encodeURIComponent(ref.name)}`;
}

/** A tab with a state of its own, e.g. the chosen check. */
export interface AssetAddress {
  readonly tab: AssetTab;
  readonly query: Query;
}

/** Asset keys keep their slashes: they consist of characters that need no escape. */
export function assetPath(ref: DeploymentRef, key: string, view: AssetTab | AssetAddress = "overview"): string {
  const { tab, query } = typeof view === "string" ? { tab: view, query: {} } : view;
  const base = `${deploymentHome(ref)}/assets/${key}`;
  return withQuery(tab === "overview" ? base : `${base}/-/${tab}`, query);
}

export function assetsPath(ref: DeploymentRef, query: Query = {}): string {
  return withQuery(`${deploymentHome(ref)}/assets`, query);
}

export function lineagePath(ref: DeploymentRef, query: Query = {}): string {
  return withQuery(`${deploymentHome(ref)}/lineage`, query);
}

export function runsPath(ref: DeploymentRef, query: Query = {}): string {
  return withQuery(`${deploymentHome(ref)}/runs`, query);
}

export function runPath(ref: DeploymentRef, run: string, query: Query = {}): string {
  return withQuery(`${deploymentHome(ref)}/runs/${encodeURIComponent(run)}`, query);
}

export function jobsPath(ref: DeploymentRef, query: Query = {}): string {
  return withQuery(`${deploymentHome(ref)}/jobs`, query);
}

export function codePath(ref: DeploymentRef, location?: string): string {
  const base = `${deploymentHome(ref)}/code`;
  return location === undefined ? base : `${base}/${encodeURIComponent(location)}`;
}

export function agentsPath(ref: DeploymentRef): string {
  return `${deploymentHome(ref)}/agents`;
}

export function automationsPath(ref: DeploymentRef, query: Query = {}): string {
  return withQuery(`${deploymentHome(ref)}/automations`, query);
}

export type AutomationTab = "overview" | "test" | "webhook";

/** A tab with a state of its own, e.g. the chosen delivery. */
export interface AutomationAddress {
  readonly tab: AutomationTab;
  readonly query: Query;
}

export function automationPath(ref: DeploymentRef, of: AutomationRef, view: AutomationTab | AutomationAddress = "overview"): string {
  const { tab, query } = typeof view === "string" ? { tab: view, query: {} } : view;
  const base = `${deploymentHome(ref)}/automations/${[of.location, of.kind, of.name].map(encodeURIComponent).join("/")}`;
  return withQuery(tab === "overview" ? base : `${base}/-/${tab}`, query);
}

export function tickPath(ref: DeploymentRef, tick: AutomationRef & { readonly id: string }): string {
  return `${automationPath(ref, tick)}/-/ticks/${encodeURIComponent(tick.id)}`;
}

export function conditionsPath(ref: DeploymentRef, query: Query = {}): string {
  return withQuery(`${deploymentHome(ref)}/automations/conditions`, query);
}

export function backfillsPath(ref: DeploymentRef, query: Query = {}): string {
  return withQuery(`${deploymentHome(ref)}/backfills`, query);
}

export function backfillPath(ref: DeploymentRef, backfill: string, query: Query = {}): string {
  return withQuery(`${deploymentHome(ref)}/backfills/${encodeURIComponent(backfill)}`, query);
}

export function queuePath(ref: DeploymentRef, query: Query = {}): string {
  return withQuery(`${deploymentHome(ref)}/queue`, query);
}

export function timelinePath(ref: DeploymentRef, query: Query = {}): string {
  return withQuery(`${deploymentHome(ref)}/timeline`, query);
}

export function withQuery(path: string, query: Query): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== undefined && value !== "") parts.set(name, String(value));
  const text = parts.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** Only links to the web may come from user code; anything else (javascript:, data:) is shown as text. */
export function safeExternalUrl(text: string): string | null {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}
