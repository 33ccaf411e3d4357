/** What the home page of the fixture deployment shows. */
import type { AutomationView } from "@headgate/shared/contract/automations/automation-views.ts";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import type { HomeView } from "@headgate/shared/contract/home.ts";
import type { LocationView } from "@headgate/shared/contract/catalog/locations.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";

export interface HomeFacts {
  readonly definitions: DefinitionsDocument;
  readonly states: readonly AssetState[];
  readonly runs: readonly RunSummary[];
  readonly locations: readonly LocationView[];
  readonly agents: number;
  readonly automations: readonly AutomationView[];
}

export function homeOf(facts: HomeFacts): HomeView {
  const { definitions, states, runs } = facts;
  const count = (health: AssetState["health"]) => states.filter((state) => state.health === health).length;
  return {
    problems: [
      ...facts.locations
        .filter((view) => view.status !== "loaded")
        .map((view) => ({
          kind: "location_unavailable" as const,
          subject: view.name,
          title: `Code location ${view.name}`,
          message: view.errors[0]?.message ?? "",
          since: view.erroredAt ?? 0,
          times: 1,
          run: null,
        })),
      ...states
        .filter((state) => state.failed)
        .slice(0, 20)
        .map((state) => ({
          kind: "asset_failed" as const,
          subject: state.key,
          title: state.key,
          message: state.failed?.message ?? "",
          since: state.failed?.at ?? 0,
          times: 1,
          run: state.failed?.run ?? null,
        })),
      ...states
        .filter((state) => state.freshness?.state === "overdue")
        .map((state) => ({
          kind: "asset_overdue" as const,
          subject: state.key,
          title: state.key,
          message: "Not materialized for 29 hours; its policy allows 24.",
          since: state.freshness?.since ?? 0,
          times: 1,
          run: null,
        })),
      ...facts.automations
        .filter((view) => view.failuresInARow > 0)
        .map((view) => ({
          kind: "automation_failing" as const,
          subject: `${view.location}/${view.kind}/${view.name}`,
          title: view.name,
          message: view.lastTick?.message ?? "",
          since: view.recent[view.failuresInARow - 1]?.at ?? 0,
          times: 1,
          run: null,
        })),
      ...states
        .filter((state) => state.checks.failed > 0)
        .map((state) => ({
          kind: "check_failed" as const,
          subject: `${state.key}:revenue_not_negative`,
          title: `${state.key}: revenue_not_negative`,
          message: "3 of 120 days have a negative revenue",
          since: Date.now() - 2_220_000,
          times: 1,
          run: state.materialized?.run ?? null,
        })),
      ...states
        .filter((state) => state.checks.warned > 0)
        .map((state) => ({
          kind: "check_warned" as const,
          subject: `${state.key}:not_null_email`,
          title: `${state.key}: not_null_email`,
          message: "Got 31 results, configured to warn if >0",
          since: Date.now() - 2_280_000,
          times: 1,
          run: state.materialized?.run ?? null,
        })),
    ],
    runs: { running: runs.filter((run) => run.endedAt === null), recent: runs.slice(0, 60) },
    counts: {
      assets: states.filter((state) => definitions.assets.find((asset) => asset.key === state.key)?.unit !== null).length,
      healthy: count("healthy"),
      warning: count("warning"),
      failed: count("failed"),
      never: states.filter(
        (state) =>
          state.materialized === null &&
          state.failed === null &&
          definitions.assets.find((asset) => asset.key === state.key)?.unit !== null,
      ).length,
    },
    lastRunAt: runs[0]?.createdAt ?? null,
    agentsConnected: facts.agents,
    nextTicks: definitions.schedules.map((schedule) => ({
      schedule: schedule.name,
      location: schedule.location,
      job: schedule.job,
      at: Date.now() + 5.4 * 3_600_000,
      timezone: schedule.timezone,
    })),
  };
}
