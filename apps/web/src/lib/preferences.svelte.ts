/** Theme and time zone preferences, kept in the browser's storage. */
import { createContext } from "svelte";
import type { TimeStyle } from "@headgate/shared/format/time.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
export const ZONES = ["browser", "utc"] as const;
export type Zone = (typeof ZONES)[number];

/** The same key as in `app.html`, which applies the theme before the first paint. */
const THEME_KEY = "headgate:theme";
const ZONE_KEY = "headgate:zone";

export class Preferences {
  theme = $state<Theme>(pick(THEMES, read(THEME_KEY)));
  zone = $state<Zone>(pick(ZONES, read(ZONE_KEY)));
  systemDark = $state(matchMedia("(prefers-color-scheme: dark)").matches);
  readonly dark: boolean = $derived(this.theme === "dark" || (this.theme === "system" && this.systemDark));
  readonly time: TimeStyle = $derived({ zone: this.zone === "utc" ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone });

  setTheme(theme: Theme): void {
    this.theme = theme;
    write(THEME_KEY, theme);
  }

  setZone(zone: Zone): void {
    this.zone = zone;
    write(ZONE_KEY, zone);
  }

  /** Follows the system while the choice is "system". */
  start(): () => void {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => (this.systemDark = query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }
}

export const [getPreferences, setPreferences] = createContext<Preferences>();

function pick<T extends string>(options: readonly [T, ...T[]], value: string | null): T {
  return options.find((option) => option === value) ?? options[0];
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is blocked: the choice lasts until the tab closes.
  }
}
