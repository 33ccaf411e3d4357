/**
 * The dashboard's socket (`/api/:org/:deployment/live`): one per tab. The server says `welcome` with its sequence number; afterwards
 * every committed change arrives as a `changes` frame with the next number. A client that reconnects gives the last number it saw: the
 * answer says whether it must fetch what it shows again (`refetch`).
 */
import { z } from "zod";
import type { AutomationView, TickSummary } from "../automations/automation-views.ts";
import type { ConditionEvaluation, PauseView } from "../automations/conditions.ts";
import type { BackfillSummary } from "../runs/backfill-views.ts";
import type { AgentView } from "../catalog/agents.ts";
import type { AssetState } from "../assets/asset-views.ts";
import type { EventRow, RunSummary, StepAssetView, StepView } from "../runs/run-views.ts";
import type { LocationView } from "../catalog/locations.ts";

export { LIVE_VERSION } from "./version.ts";

export const liveUpSchema = z.discriminatedUnion("t", [
  z.object({ t: z.literal("hello"), version: z.number().int(), since: z.object({ stream: z.string(), seq: z.number().int() }).nullable() }),
  /** Replaces the former set. `after`: send stored events with a greater sequence first, then live ones. */
  z.object({ t: z.literal("watch"), runs: z.array(z.object({ run: z.string(), after: z.number().int().min(0) })).max(20) }),
  /** Live raw output of one step; null stops. */
  z.object({ t: z.literal("tail"), target: z.object({ run: z.string(), step: z.string() }).nullable() }),
]);
export type LiveUp = z.infer<typeof liveUpSchema>;

export type Change =
  | { readonly type: "run"; readonly run: RunSummary }
  | { readonly type: "step"; readonly step: StepView }
  | { readonly type: "step_asset"; readonly asset: StepAssetView }
  | { readonly type: "asset"; readonly asset: AssetState }
  | { readonly type: "location"; readonly location: LocationView }
  | { readonly type: "agent"; readonly agent: AgentView }
  | { readonly type: "agent_gone"; readonly instance: string }
  | { readonly type: "automation"; readonly automation: AutomationView }
  | { readonly type: "tick"; readonly tick: TickSummary }
  | { readonly type: "backfill"; readonly backfill: BackfillSummary }
  /** A condition was evaluated and requested something, or failed. */
  | { readonly type: "evaluation"; readonly evaluation: ConditionEvaluation }
  | { readonly type: "pauses"; readonly pauses: readonly PauseView[] }
  /** The limits changed: a page that shows the queue fetches it again. */
  | { readonly type: "settings" }
  /** The set of active versions changed: fetch the definitions document with this hash. */
  | { readonly type: "definitions"; readonly hash: string };

export type LiveDown =
  /**
   * `stream` identifies the sequence; a different one means: fetch everything again. Comes once after the hello, and again with
   * `refetch` when so much changed at once that listing it is no use (a launch of thousands of assets).
   */
  | {
      readonly t: "welcome";
      readonly version: number;
      readonly stream: string;
      readonly seq: number;
      readonly serverTime: number;
      readonly refetch: boolean;
      readonly definitions: string;
    }
  | { readonly t: "changes"; readonly seq: number; readonly changes: readonly Change[] }
  | { readonly t: "events"; readonly run: string; readonly events: readonly EventRow[] }
  | { readonly t: "tail"; readonly run: string; readonly step: string; readonly stream: "stdout" | "stderr"; readonly text: string }
  | { readonly t: "error"; readonly message: string };
