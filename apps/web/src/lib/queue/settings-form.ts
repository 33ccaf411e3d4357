/** How do the limits of a deployment become a form and back? Only what differs is sent; what is wrong is said per field. Pure. */
import type { DeploymentSettings, TagLimitView } from "@headgate/shared/contract/runs/settings.ts";

export interface TagLimitRow {
  readonly key: string;
  /** Empty: every value; `*`: every value for itself. */
  readonly value: string;
  readonly limit: number;
}
export interface SettingsForm {
  readonly maxConcurrentRuns: number;
  readonly defaultPoolLimit: number | null;
  readonly startTimeoutSeconds: number;
  readonly runRetry: DeploymentSettings["runRetry"];
  readonly pools: readonly { readonly name: string; readonly limit: number }[];
  readonly tagLimits: readonly TagLimitRow[];
}
export type SettingsPatch = { -readonly [K in keyof DeploymentSettings]?: DeploymentSettings[K] };

export function formOfSettings(settings: DeploymentSettings): SettingsForm {
  return {
    maxConcurrentRuns: settings.maxConcurrentRuns,
    defaultPoolLimit: settings.defaultPoolLimit,
    startTimeoutSeconds: settings.startTimeoutSeconds,
    runRetry: settings.runRetry,
    pools: Object.entries(settings.pools).map(([name, limit]) => ({ name, limit })),
    tagLimits: settings.tagLimits.map(({ key, value, perValue, limit }) => ({ key, value: perValue ? "*" : (value ?? ""), limit })),
  };
}

export function settingsOfForm(form: SettingsForm): DeploymentSettings {
  return {
    maxConcurrentRuns: form.maxConcurrentRuns,
    defaultPoolLimit: form.defaultPoolLimit,
    startTimeoutSeconds: form.startTimeoutSeconds,
    runRetry: form.runRetry,
    pools: Object.fromEntries(form.pools.map(({ name, limit }) => [name.trim(), limit])),
    tagLimits: form.tagLimits.map(tagLimitOf),
  };
}

function tagLimitOf({ key, value, limit }: TagLimitRow): TagLimitView {
  if (value.trim() === "*") return { key: key.trim(), perValue: true, limit };
  return { key: key.trim(), ...(value.trim() === "" ? {} : { value: value.trim() }), limit };
}

export function patchOf(before: DeploymentSettings, form: SettingsForm): SettingsPatch {
  const after = settingsOfForm(form);
  const changed = (Object.keys(after) as (keyof DeploymentSettings)[]).filter(
    (name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]),
  );
  return Object.fromEntries(changed.map((name) => [name, after[name]])) as SettingsPatch;
}

export function problemsOf(form: SettingsForm): string[] {
  const problems: string[] = [];
  const whole = (value: number, from: number) => Number.isInteger(value) && value >= from && value <= 10_000;
  if (!whole(form.maxConcurrentRuns, 1)) problems.push("Runs at the same time: a number from 1 to 10,000.");
  if (form.defaultPoolLimit !== null && !whole(form.defaultPoolLimit, 1))
    problems.push("Slots of other pools: a number from 1 to 10,000, or empty.");
  if (!(form.startTimeoutSeconds >= 10 && form.startTimeoutSeconds <= 86_400)) problems.push("Start time-out: 10 to 86,400 seconds.");
  if (!(Number.isInteger(form.runRetry.maxRetries) && form.runRetry.maxRetries >= 0 && form.runRetry.maxRetries <= 20))
    problems.push("Retries: a number from 0 to 20.");
  const names = form.pools.map(({ name }) => name.trim());
  if (names.includes("")) problems.push("Every pool needs a name.");
  if (new Set(names).size < names.length) problems.push("A pool is listed twice.");
  if (form.pools.some(({ limit }) => !whole(limit, 0))) problems.push("Slots of a pool: a number from 0 to 10,000.");
  if (form.tagLimits.some(({ key }) => key.trim() === "")) problems.push("Every tag limit needs a tag.");
  if (form.tagLimits.some(({ limit }) => !whole(limit, 0))) problems.push("A tag limit: a number from 0 to 10,000.");
  return problems;
}
