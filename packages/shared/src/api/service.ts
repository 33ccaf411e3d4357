/**
 * What a deployment can be asked, as plain methods: the Durable Object implements it and the tRPC routers are written against it, so
 * that the router's type mentions no platform type and dashboards can import it.
 */
import type { z } from "zod";
import type { Result } from "../domain/errors.ts";
import type { launchSchema, reexecuteSchema } from "../contract/runs/launch.ts";
import type { DryRun } from "../contract/automations/automation-views.ts";
import type { AnswerOf, CommandName, InputOf, QueryName } from "../contract/table.ts";
import type { AgentView } from "../contract/catalog/agents.ts";
import type {
  AssetCheckView,
  AssetDetail,
  AssetEventRow,
  AssetState,
  CheckResultView,
  MetadataSeries,
  PartitionStatusView,
} from "../contract/assets/asset-views.ts";
import type { EventRow, RunDetail, RunSummary } from "../contract/runs/run-views.ts";
import type { HomeView } from "../contract/home.ts";
import type { LaunchPreview } from "../contract/runs/launch.ts";
import type { LocationView, VersionView } from "../contract/catalog/locations.ts";
import type { Page } from "../contract/view.ts";
import type { RawLogFile } from "../contract/runs/runs.ts";
import type { Role } from "../domain/access/role.ts";

/** Who asks, established by the Worker before the call. */
export interface Actor {
  readonly kind: "user" | "token";
  /** Shown to people: an e-mail address or a token's name. */
  readonly name: string;
  readonly role: Role;
}

type Answer<T> = Promise<Result<T>>;

export interface DeploymentService {
  /** Answers a question by its name; see procedures.ts. */
  ask<N extends QueryName>(name: N, input: InputOf<DeploymentQueries[N]>): Answer<AnswerOf<DeploymentQueries[N]>>;
  /** Performs a command by its name. */
  perform<N extends CommandName>(name: N, input: InputOf<DeploymentCommands[N]>, actor: Actor): Answer<AnswerOf<DeploymentCommands[N]>>;

  /** Evaluates a tick without storing or starting anything; waits for the agent's answer. */
  testTick(input: InputOf<"automations.test">): Answer<DryRun>;

  home(): Answer<HomeView>;
  definitionsHash(): Answer<{ readonly hash: string }>;

  assetStates(input: InputOf<"assets.states">): Answer<Page<AssetState>>;
  asset(input: InputOf<"assets.get">): Answer<AssetDetail>;
  assetEvents(input: InputOf<"assets.events">): Answer<Page<AssetEventRow>>;
  assetChecks(input: InputOf<"assets.get">): Answer<readonly AssetCheckView[]>;
  assetCheckHistory(input: InputOf<"assets.checkHistory">): Answer<Page<CheckResultView>>;
  assetSeries(input: InputOf<"assets.series">): Answer<readonly MetadataSeries[]>;
  assetPartitions(input: InputOf<"assets.partitions">): Answer<PartitionStatusView>;

  runs(input: InputOf<"runs.list">): Answer<Page<RunSummary>>;
  run(input: InputOf<"runs.get">): Answer<RunDetail>;
  runEvents(
    input: InputOf<"runs.events">,
  ): Answer<{ readonly events: readonly EventRow[]; readonly lastSeq: number; readonly done: boolean }>;
  runLogFiles(input: InputOf<"runs.get">): Answer<readonly RawLogFile[]>;
  previewLaunch(input: InputOf<"runs.preview">): Answer<LaunchPreview>;
  launch(input: z.output<typeof launchSchema>, actor: Actor): Answer<RunSummary>;
  reexecute(input: z.output<typeof reexecuteSchema>, actor: Actor): Answer<RunSummary>;
  cancel(input: InputOf<"runs.cancel">, actor: Actor): Answer<RunSummary>;

  locations(): Answer<readonly LocationView[]>;
  versions(input: InputOf<"locations.versions">): Answer<Page<VersionView>>;
  activateVersion(input: InputOf<"locations.activate">, actor: Actor): Answer<VersionView>;

  agents(): Answer<readonly AgentView[]>;
}
