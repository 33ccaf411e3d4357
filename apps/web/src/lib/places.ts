/**
 * The pages that the navigation of a deployment lists, one row each. The navigation, the palette, the keyboard shortcuts with their help,
 * the heading and title of each page, the suggestions of the 404 page and the page list of the browser tests all come from this table.
 */
import Bot from "@lucide/svelte/icons/bot";
import ChartNoAxesGantt from "@lucide/svelte/icons/chart-no-axes-gantt";
import CirclePlay from "@lucide/svelte/icons/circle-play";
import Clock from "@lucide/svelte/icons/clock";
import CodeXml from "@lucide/svelte/icons/code-xml";
import History from "@lucide/svelte/icons/history";
import House from "@lucide/svelte/icons/house";
import ListChecks from "@lucide/svelte/icons/list-checks";
import ListOrdered from "@lucide/svelte/icons/list-ordered";
import Table2 from "@lucide/svelte/icons/table-2";
import Waypoints from "@lucide/svelte/icons/waypoints";
import { deploymentHome, type DeploymentRef } from "#lib/paths.ts";

interface PlaceRow {
  readonly id: string;
  readonly label: string;
  /** Pressed after `g`. */
  readonly key: string;
  readonly icon: typeof House;
  /** Below the deployment's own address; the folder of the route has the same path. */
  readonly path: "" | `/${string}`;
  /** One sentence below the heading. */
  readonly description?: string;
}

export const PLACES = [
  { id: "home", label: "Home", key: "h", icon: House, path: "" },
  { id: "assets", label: "Assets", key: "a", icon: Table2, path: "/assets" },
  { id: "lineage", label: "Lineage", key: "l", icon: Waypoints, path: "/lineage" },
  { id: "runs", label: "Runs", key: "r", icon: CirclePlay, path: "/runs" },
  {
    id: "timeline",
    label: "Timeline",
    key: "t",
    icon: ChartNoAxesGantt,
    path: "/timeline",
    description: "Past runs and upcoming scheduled ticks.",
  },
  {
    id: "queue",
    label: "Queue",
    key: "q",
    icon: ListOrdered,
    path: "/queue",
    description: "Queued runs, what they wait for, and the limits.",
  },
  {
    id: "automations",
    label: "Automation",
    key: "u",
    icon: Clock,
    path: "/automations",
    description: "Schedules, sensors and automation conditions that start runs.",
  },
  {
    id: "backfills",
    label: "Backfills",
    key: "b",
    icon: History,
    path: "/backfills",
    description: "One request for many partitions, run in dependency order.",
  },
  { id: "jobs", label: "Jobs", key: "j", icon: ListChecks, path: "/jobs" },
  { id: "code", label: "Code", key: "c", icon: CodeXml, path: "/code" },
  {
    id: "agents",
    label: "Agents",
    key: "g",
    icon: Bot,
    path: "/agents",
    description: "Agents run your code next to your data. They only open outbound connections.",
  },
] as const satisfies readonly PlaceRow[];

export type PlaceId = (typeof PLACES)[number]["id"];
export type Place = PlaceRow & { readonly id: PlaceId };

export function findPlace(id: PlaceId): Place {
  return PLACES.find((entry) => entry.id === id) ?? PLACES[0];
}

export function placePath(ref: DeploymentRef, { path }: Pick<Place, "path">): string {
  return `${deploymentHome(ref)}${path}`;
}

export function isCurrentPlace(ref: DeploymentRef, place: Place, pathname: string): boolean {
  const path = placePath(ref, place);
  return pathname === path || (place.path !== "" && pathname.startsWith(`${path}/`));
}
