/**
 * What a deployment can be asked, as plain methods: the Durable Object implements it and the tRPC routers are written against it, so
 * that the router's type mentions no platform type and dashboards can import it.
 */
import type { z } from "zod";
import type { Result } from "../domain/errors.ts";
import type { inputs, launchSchema, reexecuteSchema } from "./inputs.ts";
import type { automationInputs } from "./automation-inputs.ts";
import type { TickTrial } from "./automation-views.ts";
import type { AnswerOf, CommandName, DeploymentCommands, DeploymentQueries, InputOf, QueryName } from "./procedures.ts";
import type {
  AgentView,
  AssetCheckView,
  AssetDetail,
  AssetEventRow,
  AssetState,
  CheckResultView,
  EventRow,
  HomeView,
  LaunchPreview,
  LocationView,
  MetadataSeries,
  Page,
  PartitionStatusView,
  RawLogFile,
  Role,
  RunDetail,
  RunSummary,
  VersionView,
} from "./views.ts";

/** Who asks, established by the Worker before the call. */
export interface Actor {
  readonly kind: "user" | "token";
  /** Shown to people: an e-mail address or a token's name. */
  readonly name: string;
  readonly role: Role;
}

type In<K extends keyof typeof inputs> = z.output<(typeof inputs)[K]>;
type Answer<T> = Promise<Result<T>>;

export interface DeploymentService {
  /** Answers a question by its name; see procedures.ts. */
  ask<N extends QueryName>(name: N, input: InputOf<DeploymentQueries[N]>): Answer<AnswerOf<DeploymentQueries[N]>>;
  /** Performs a command by its name. */
  perform<N extends CommandName>(name: N, input: InputOf<DeploymentCommands[N]>, actor: Actor): Answer<AnswerOf<DeploymentCommands[N]>>;

  /** Evaluates a tick without storing or starting anything; waits for the agent's answer. */
  testTick(input: z.output<typeof automationInputs.testTick>): Answer<TickTrial>;

  home(): Answer<HomeView>;
  definitionsHash(): Answer<{ readonly hash: string }>;

  assetStates(input: In<"assetStates">): Answer<Page<AssetState>>;
  asset(input: In<"asset">): Answer<AssetDetail>;
  assetEvents(input: In<"assetEvents">): Answer<Page<AssetEventRow>>;
  assetChecks(input: In<"asset">): Answer<readonly AssetCheckView[]>;
  assetCheckHistory(input: In<"assetCheckHistory">): Answer<Page<CheckResultView>>;
  assetSeries(input: In<"assetSeries">): Answer<readonly MetadataSeries[]>;
  assetPartitions(input: In<"assetPartitions">): Answer<PartitionStatusView>;

  runs(input: In<"runList">): Answer<Page<RunSummary>>;
  run(input: In<"runId">): Answer<RunDetail>;
  runEvents(input: In<"runEvents">): Answer<{ readonly events: readonly EventRow[]; readonly lastSeq: number; readonly done: boolean }>;
  runLogFiles(input: In<"runId">): Answer<readonly RawLogFile[]>;
  previewLaunch(input: In<"preview">): Answer<LaunchPreview>;
  launch(input: z.output<typeof launchSchema>, actor: Actor): Answer<RunSummary>;
  reexecute(input: z.output<typeof reexecuteSchema>, actor: Actor): Answer<RunSummary>;
  cancel(input: In<"cancel">, actor: Actor): Answer<RunSummary>;

  locations(): Answer<readonly LocationView[]>;
  versions(input: In<"versions">): Answer<Page<VersionView>>;
  activateVersion(input: In<"activate">, actor: Actor): Answer<VersionView>;

  agents(): Answer<readonly AgentView[]>;
}
