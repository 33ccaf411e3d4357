/** Which schedules, sensors and conditions does the address of the list ask for? Pure. */
import type { AutomationView } from "@headgate/shared/contract/automations/automation-views.ts";
import type { ConditionView } from "@headgate/shared/contract/automations/conditions.ts";

export const SHOWN = ["all", "failing", "off"] as const;
export type Shown = (typeof SHOWN)[number];

export interface AutomationFilter {
  readonly text: string;
  readonly shown: Shown;
}

export function readAutomationFilter(query: Pick<URLSearchParams, "get">): AutomationFilter {
  return { text: query.get("q") ?? "", shown: SHOWN.find((entry) => entry === query.get("show")) ?? "all" };
}

/** What needs eyes comes first: failing, then on, then off; by name among equals. */
export function filterAutomations(
  views: readonly AutomationView[],
  filter: AutomationFilter,
  about: (view: AutomationView) => string,
): AutomationView[] {
  const words = wordsOf(filter.text);
  return views
    .filter((view) => isShown(view, filter.shown) && contains(`${view.name} ${view.location} ${view.kind} ${about(view)}`, words))
    .sort((a, b) => rank(a) - rank(b) || compare(a.name, b.name) || compare(a.location, b.location));
}

export function isShown(view: Pick<AutomationView, "enabled" | "failuresInARow">, shown: Shown): boolean {
  if (shown === "failing") return view.enabled && view.failuresInARow > 0;
  return shown === "all" || !view.enabled;
}

export function filterConditions(views: readonly ConditionView[], filter: AutomationFilter): ConditionView[] {
  const words = wordsOf(filter.text);
  return views
    .filter(
      (view) =>
        contains(`${view.target} ${view.location} ${view.text} condition`, words) &&
        (filter.shown === "all" || (filter.shown === "off" ? view.paused !== null : (view.last?.error ?? null) !== null)),
    )
    .sort((a, b) => compare(a.target, b.target));
}

function rank(view: AutomationView): number {
  if (!view.enabled) return 2;
  return view.failuresInARow > 0 ? 0 : 1;
}

function wordsOf(text: string): string[] {
  return text.trim().toLowerCase().split(/\s+/).filter(Boolean);
}

function contains(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
