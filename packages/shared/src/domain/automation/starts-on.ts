/** Decides whether a schedule, sensor or condition is on: from its definition, the switch of its code location and a person's choice. */

/** What a definition may say about itself. */
export const DEFAULT_STATUSES = ["running", "stopped"] as const;
export type DefaultStatus = (typeof DEFAULT_STATUSES)[number];

/**
 * The switch of a code location.
 * `new`: no one has switched it yet, so only what the code wants running is on.
 * `on`: everything is on but what the code or a person stopped.
 * `off`: a person switched everything off.
 */
export const LOCATION_SWITCHES = ["new", "on", "off"] as const;
export type LocationSwitch = (typeof LOCATION_SWITCHES)[number];

/** `on_alone`: switched on while its code location was off. */
export type Choice = "on" | "on_alone" | "off";

/**
 * Why something is off. `never_switched_on`: its code location was published and no one has switched it on. `location_off`: a person switched
 * the code location off. `definition`: its definition says `stopped`. `person`: a person switched it off.
 */
export const OFF_REASONS = ["never_switched_on", "location_off", "definition", "person"] as const;
export type OffReason = (typeof OFF_REASONS)[number];

/** Says whether something is off because of its code location, not by itself. */
export function isOffByLocation(reason: OffReason | null): reason is "never_switched_on" | "location_off" {
  return reason === "never_switched_on" || reason === "location_off";
}

interface Standing {
  /** Undefined: the definition says nothing. */
  readonly defaultStatus: DefaultStatus | undefined;
  readonly location: LocationSwitch;
  /** A person's choice for this one; null: none. */
  readonly choice: Choice | null;
}

/** Null: it is on. */
export function whyOff({ defaultStatus, location, choice }: Standing): OffReason | null {
  if (choice === "off") return "person";
  switch (location) {
    case "new":
      if (choice !== null || defaultStatus === "running") return null;
      return defaultStatus === "stopped" ? "definition" : "never_switched_on";
    case "on":
      return choice !== null || defaultStatus !== "stopped" ? null : "definition";
    case "off":
      return choice === "on_alone" ? null : "location_off";
    default:
      return location satisfies never;
  }
}
