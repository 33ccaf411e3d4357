/** Finds the problems to show on every page: code that does not load, no agent, lost live updates. Pure. */
import type { AgentView } from "@headgate/shared/contract/catalog/agents.ts";
import type { LocationView } from "@headgate/shared/contract/catalog/locations.ts";
import { relativeAmount } from "@headgate/shared/format/time.ts";
import { agentsPath, codePath, type DeploymentRef } from "#lib/paths.ts";

export interface Banner {
  readonly id: string;
  readonly text: string;
  readonly link: { readonly label: string; readonly href: string } | null;
}

export interface BannerInput {
  readonly ref: DeploymentRef;
  readonly locations: Iterable<LocationView>;
  readonly agents: Iterable<AgentView>;
  /** Milliseconds without live updates; 0 while connected. */
  readonly lostForMs: number;
  /** Why the server rejected a message of this tab. */
  readonly refusal: string | null;
  /** True once the snapshot has loaded; before that nothing is known about agents. */
  readonly loaded: boolean;
}

/** A reconnect within this time shows no banner. */
const GRACE_MS = 1500;

export function findBanners(input: BannerInput): Banner[] {
  const banners: Banner[] = [];
  if (input.lostForMs > GRACE_MS) {
    banners.push({
      id: "stream",
      text: `Live updates stopped ${relativeAmount(input.lostForMs)} ago. Reconnecting; this page may be out of date.`,
      link: null,
    });
  }
  if (input.refusal !== null) {
    banners.push({ id: "refused", text: `The server rejected a request of this page: ${input.refusal}. Reload the page.`, link: null });
  }
  if (!input.loaded) return banners;
  for (const location of input.locations) {
    if (location.status === "loaded") continue;
    const [error] = location.errors;
    const kept = location.active ? ` Version ${location.active.number} stays active.` : "";
    banners.push({
      id: `location:${location.name}`,
      text: `Code location ${location.name} does not load: ${firstLine(error?.message ?? "unknown error")}.${kept}`.replace("..", "."),
      link: { label: "Show the error", href: codePath(input.ref, location.name) },
    });
  }
  if (![...input.agents].some((agent) => agent.status !== "disconnected")) {
    banners.push({
      id: "agent",
      text: "No agent is connected. Runs wait until one connects.",
      link: { label: "How to start an agent", href: agentsPath(input.ref) },
    });
  }
  return banners;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}
