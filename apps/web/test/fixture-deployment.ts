/** The network peer of the dashboard's own tests: a deployment in memory that answers every procedure of the contract and plays launched runs. */
import { type AnswerOf, type CommandName, type InputOf, PROCEDURES, type QueryName } from "@headgate/shared/contract/table.ts";
import { staleCausesByState } from "@headgate/shared/contract/assets/stale-by-state.ts";
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import type { DeploymentProcedures } from "@headgate/shared/contract/deployment.ts";
import type { AgentView } from "@headgate/shared/contract/catalog/agents.ts";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import {
  type EventRow,
  type RunDetail,
  runDetailSchema,
  type RunSummary,
  type StepView,
} from "@headgate/shared/contract/runs/run-views.ts";
import type { LocationView } from "@headgate/shared/contract/catalog/locations.ts";
import { buildAssetGraph } from "@headgate/shared/domain/asset-graph.ts";
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import { evaluateSelection } from "@headgate/shared/domain/selection/evaluate.ts";
import { parseSelection } from "@headgate/shared/domain/selection/parse.ts";
import { AppError, ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { uuidv7 } from "@headgate/shared/ids.ts";
import { metadataOf, queuedRun, sampleAgents, sampleLocation, sampleRuns, sampleVersions, statesOf } from "./fixture-data.ts";
import { definitionsOf, generatedAssets, lakehouseAssets, LOCATION, type FixtureAsset } from "./fixture-definitions.ts";
import { checkResult, eventHistory, metadataSeries, partitionPage } from "./fixture-history.ts";
import { homeOf } from "./fixture-home.ts";
import { fixtureProcedures, type FixtureProcedures } from "./fixture-procedures.ts";
import { plainValue } from "./plain-value.ts";

const LATEST_DAY = "2026-11-22";

export interface FixtureOptions {
  readonly assets: number | null;
  readonly broken: boolean;
  readonly empty: boolean;
}

/** Any other procedure is answered with the plain value of its schema. */
type Answers = { readonly [N in QueryName | CommandName]?: (input: InputOf<N>, actor: Actor) => Promise<Result<AnswerOf<N>>> };
const DASHBOARD: Actor = { kind: "user", name: "ada", role: "owner" };

export class FixtureDeployment implements DeploymentProcedures {
  readonly procedures: FixtureProcedures;
  readonly ask: DeploymentProcedures["ask"];
  readonly perform: DeploymentProcedures["perform"];
  readonly definitions: DefinitionsDocument;
  readonly states = new Map<string, AssetState>();
  readonly runsById = new Map<string, RunSummary>();
  readonly steps = new Map<string, StepView[]>();
  readonly events = new Map<string, EventRow[]>();
  readonly byRequest = new Map<string, string>();
  locationViews: LocationView[];
  agentViews: AgentView[];
  readonly #assets: readonly FixtureAsset[];
  readonly #publish: (changes: readonly Change[]) => void;
  readonly #publishEvents: (run: string, events: readonly EventRow[]) => void;

  constructor(
    options: FixtureOptions,
    publish: (changes: readonly Change[]) => void,
    publishEvents: (run: string, events: readonly EventRow[]) => void,
  ) {
    const now = Date.now();
    this.#publish = publish;
    this.#publishEvents = publishEvents;
    this.#assets = options.empty ? [] : options.assets === null ? lakehouseAssets() : generatedAssets(options.assets);
    this.definitions = {
      ...definitionsOf(this.#assets, `h${this.#assets.length}`),
      ...(options.empty ? { jobs: [], schedules: [], sensors: [], locations: [] } : {}),
    };
    for (const state of statesOf(this.#assets, now)) this.states.set(state.key, state);
    if (!options.empty) for (const run of sampleRuns(now, 12)) this.runsById.set(run.id, run);
    this.locationViews = options.empty ? [] : [sampleLocation(now, options.broken)];
    this.agentViews = options.empty ? [] : sampleAgents(now);
    this.procedures = fixtureProcedures({ definitions: this.definitions, runs: () => this.#newest(), publish });
    const answers: Answers = { ...ofTopics(this.procedures), ...this.#ownAnswers() };
    const plain = <N extends QueryName | CommandName>(name: N) => ok(plainValue(PROCEDURES[name].output) as AnswerOf<N>);
    this.ask = async (name, input) => (await answers[name]?.(input, DASHBOARD)) ?? plain(name);
    this.perform = async (name, input, actor) => (await answers[name]?.(input, actor)) ?? plain(name);
  }

  #ownAnswers(): Answers {
    return {
      "home.get": () => this.home(),
      "definitions.hash": () => this.definitionsHash(),
      "assets.states": () => this.assetStates(),
      "assets.stale": () => this.staleAssets(),
      "assets.get": (input) => this.asset(input),
      "assets.events": (input) => this.assetEvents(input),
      "assets.checks": (input) => this.assetChecks(input),
      "assets.checkHistory": (input) => this.assetCheckHistory(input),
      "assets.series": (input) => this.assetSeries(input),
      "assets.partitions": (input) => this.assetPartitions(input),
      "runs.list": (input) => this.runs(input),
      "runs.get": (input) => this.run(input),
      "runs.events": (input) => this.runEvents(input),
      "runs.preview": (input) => this.previewLaunch(input),
      "runs.launch": (input, actor) => this.launch(input, actor),
      "runs.reexecute": (input, actor) => this.reexecute(input, actor),
      "runs.cancel": (input) => this.cancel(input),
      "locations.list": () => this.locations(),
      "locations.versions": () => this.versions(),
      "locations.activate": (input) => this.activateVersion(input),
      "agents.list": () => this.agents(),
    };
  }

  #find(key: string): FixtureAsset | undefined {
    return this.#assets.find((asset) => asset.key === key);
  }

  #missing(key: string): Result<never> {
    return refuse("not_found", `There is no asset ${key}.`, { nearest: nearestKeys(key, this.states.keys(), 5) });
  }

  async home() {
    return ok(
      homeOf({
        definitions: this.definitions,
        states: [...this.states.values()],
        runs: this.#newest(),
        locations: this.locationViews,
        agents: this.agentViews.length,
        automations: this.procedures["automations.list"]({ limit: 500 }).items,
      }),
    );
  }

  async definitionsHash() {
    return ok({ hash: this.definitions.hash });
  }

  async assetStates() {
    return ok({ items: [...this.states.values()], next: null });
  }

  async staleAssets() {
    const causesOf = this.#causes();
    const found = [...this.states.keys()].map((key) => ({ key, causes: [...causesOf(key)] }));
    return ok(found.filter(({ causes }) => causes.length > 0));
  }

  async asset({ key }: { key: string }) {
    const asset = this.#find(key);
    const state = this.states.get(key);
    if (!asset || !state) return this.#missing(key);
    const code = asset.kinds.includes("dbt")
      ? {
          language: "sql",
          text: `{{ config(materialized='incremental') }}\n\nselect\n    customer_id as customer_key,\n    email, -- may be null\n    country_code\nfrom {{ ref('stg_customers') }}\nwhere updated_at > timestamp '2025-01-01'`,
        }
      : {
          language: "typescript",
          text: `export const segments = defineAsset({\n  key: "${key}",\n  run: async ({ log }) => {\n    log.info("hello");\n  },\n});`,
        };
    return ok({
      asset: { ...asset, code },
      state,
      stale: [],
      metadata: state.materialized ? metadataOf(key, state.materialized.rowCount ?? 0) : {},
      latestEventSeq: 9,
    });
  }

  async assetEvents({ key, limit }: { key: string; limit: number }) {
    const state = this.states.get(key);
    return state ? ok({ items: eventHistory(state, [...this.runsById.keys()], limit), next: null }) : this.#missing(key);
  }

  async assetChecks({ key }: { key: string }) {
    const asset = this.#find(key);
    const state = this.states.get(key);
    if (!asset || !state) return this.#missing(key);
    return ok(asset.checks.map((check) => ({ ...check, latest: state.materialized === null ? null : checkResult(state, check.name, 0) })));
  }

  async assetCheckHistory({ key, check, limit }: { key: string; check: string; limit: number }) {
    const state = this.states.get(key);
    if (!state) return this.#missing(key);
    return ok({ items: Array.from({ length: Math.min(limit, 20) }, (_, index) => checkResult(state, check, index)), next: null });
  }

  async assetSeries({ key }: { key: string }) {
    const state = this.states.get(key);
    return ok(state?.materialized ? metadataSeries(state.materialized.run ?? "") : []);
  }

  async assetPartitions({ key, limit, cursor, statuses, keys }: InputOf<"assets.partitions">) {
    const definition = this.#find(key)?.partitions;
    if (!definition) return refuse("not_found", `${key} is not partitioned.`);
    const dynamicKeys = this.procedures["partitions.keys"]({ name: "customer_files", limit: 500 }).items.map((entry) => entry.key);
    return ok(partitionPage(definition, { offset: Number(cursor ?? 0), limit, dynamicKeys, statuses, keys }));
  }

  #newest(): RunSummary[] {
    return [...this.runsById.values()].sort((a, b) => b.createdAt - a.createdAt);
  }

  async runs({ filter, cursor, limit }: InputOf<"runs.list">) {
    const { statuses, outcome, text, job, createdAfter } = filter;
    const matching = this.#newest().filter(
      (run) =>
        (!statuses || statuses.includes(run.status)) &&
        (!outcome || (run.status === "failed" || run.checksFailed > 0 ? "failed" : run.status) === outcome) &&
        (!job || run.job === job) &&
        (!createdAfter || run.createdAt > createdAfter) &&
        (!text || `${run.id} ${run.job ?? ""} ${run.selection}`.includes(text)),
    );
    const offset = Number(cursor ?? 0);
    return ok({ items: matching.slice(offset, offset + limit), next: offset + limit < matching.length ? String(offset + limit) : null });
  }

  async run({ run: id }: { run: string }): Promise<Result<RunDetail>> {
    const run = this.runsById.get(id);
    if (!run) return refuse("not_found", `There is no run ${id}.`);
    return ok({
      ...plainValue(runDetailSchema),
      run,
      steps: this.steps.get(id) ?? [],
      versions: [{ location: LOCATION, version: "v4", number: 4 }],
    });
  }

  /** Stores events and sends them to the dashboards that watch the run. */
  addEvents(run: string, events: readonly EventRow[]): void {
    this.events.set(run, [...(this.events.get(run) ?? []), ...events]);
    this.#publishEvents(run, events);
  }

  async runEvents({ run, after, limit }: InputOf<"runs.events">) {
    const events = (this.events.get(run) ?? []).filter((event) => event.seq > after).slice(0, limit);
    return ok({ events, lastSeq: events.at(-1)?.seq ?? after, done: this.runsById.get(run)?.endedAt !== null });
  }

  #causes() {
    return staleCausesByState(buildAssetGraph(this.#assets), { stateOf: (key) => this.states.get(key), codeVersionOf: () => null });
  }

  #select(target: InputOf<"runs.preview">["target"]): Result<{ text: string; keys: string[]; external: string[] }> {
    const job = target.job === undefined ? undefined : this.definitions.jobs.find((entry) => entry.name === target.job);
    if (target.job !== undefined && !job) return refuse("not_found", `There is no job ${target.job}.`);
    const text = job?.selection ?? target.selection ?? "";
    const parsed = parseSelection(text);
    if (!parsed.ok) return parsed;
    const graph = buildAssetGraph(this.#assets);
    const causesOf = this.#causes();
    const keys = evaluateSelection(parsed.value, graph, {
      attributes: { status: ({ asset, value }) => value === "stale" && causesOf(asset).length > 0 },
    });
    if (!keys.ok) return keys;
    return ok({
      text,
      keys: keys.value.filter((key) => this.#find(key)?.unit !== null),
      external: keys.value.filter((key) => this.#find(key)?.unit === null),
    });
  }

  async previewLaunch({ target }: InputOf<"runs.preview">) {
    const selected = this.#select(target);
    if (!selected.ok) return selected;
    const { keys, external, text } = selected.value;
    const partitioned = keys.filter((key) => this.#find(key)?.partitions);
    const partition =
      partitioned.length === 0
        ? null
        : { key: target.partition ?? LATEST_DAY, chosen: target.partition ? ("given" as const) : ("latest" as const) };
    const units = new Set(keys.map((key) => this.#find(key)?.unit));
    return ok({
      selection: text,
      assets: keys.map((key) => ({ key, partition: partitioned.includes(key) ? (partition?.key ?? null) : null })),
      steps: units.size,
      checks: keys.reduce((sum, key) => sum + (this.#find(key)?.checks.length ?? 0), 0),
      partition,
      partitioned,
      external,
      warnings: [],
    });
  }

  async launch(input: InputOf<"runs.launch">, actor: Actor) {
    const known = this.runsById.get(this.byRequest.get(input.requestId ?? "") ?? "");
    if (known) return ok(known);
    const selected = this.#select(input.target);
    if (!selected.ok) return selected;
    const now = Date.now();
    const id = uuidv7(now, crypto.getRandomValues(new Uint8Array(16)));
    const { keys, text } = selected.value;
    const run = queuedRun(id, {
      job: input.target.job ?? null,
      selection: text,
      partition: input.target.partition ?? (keys.some((key) => this.#find(key)?.partitions) ? LATEST_DAY : null),
      tags: input.tags,
      priority: input.priority ?? 0,
      trigger: { type: "person", user: actor.name },
      createdAt: now,
      assetCount: keys.length,
      steps: { total: keys.length, succeeded: 0, failed: 0, skipped: 0, running: 0, canceled: 0 },
    });
    this.runsById.set(id, run);
    if (input.requestId) this.byRequest.set(input.requestId, id);
    this.#publish([{ type: "run", run }, ...keys.map((key) => this.#mark(key, { inProgress: { run: id, status: "queued" } }))]);
    void this.#play(id, keys);
    return ok(run);
  }

  #mark(key: string, patch: Partial<AssetState>): Change {
    const state = this.states.get(key);
    if (!state) throw new TypeError(`No state of ${key}`);
    const next = { ...state, ...patch };
    this.states.set(key, next);
    return { type: "asset", asset: next };
  }

  #update(id: string, patch: Partial<RunSummary>): Change {
    const run = this.runsById.get(id);
    if (!run) throw new TypeError(`No run ${id}`);
    const next = { ...run, ...patch, lastSeq: run.lastSeq + 1 };
    this.runsById.set(id, next);
    return { type: "run", run: next };
  }

  async #play(id: string, keys: readonly string[]): Promise<void> {
    await pause(500);
    this.#publish([this.#update(id, { status: "running", startedAt: Date.now() })]);
    for (const [index, key] of keys.entries()) {
      if (this.runsById.get(id)?.endedAt !== null) return;
      this.#publish([this.#mark(key, { inProgress: { run: id, status: "running" } })]);
      this.#publishEvents(id, [{ seq: index + 1, at: Date.now(), step: key, attempt: 1, event: { type: "asset_started", asset: key } }]);
      await pause(600);
      this.#publish([
        this.#mark(key, {
          inProgress: null,
          failed: null,
          health: "healthy",
          places: { materialized: { seq: 9001, saw: 9000 }, changed: { seq: 500, saw: 500, at: 0 } },
          materialized: { at: Date.now(), run: id, step: key, partition: null, durationMs: 600, rowCount: 1234, codeVersion: "3f9c1e" },
        }),
        this.#update(id, { materialized: index + 1 }),
      ]);
    }
    this.#publish([this.#update(id, { status: "succeeded", endedAt: Date.now() })]);
  }

  async reexecute({ run: id }: { run: string }, actor: Actor) {
    const run = this.runsById.get(id);
    if (!run) return refuse("not_found", `There is no run ${id}.`);
    return this.launch({ target: { selection: run.selection, checksOnly: false }, tags: {}, priority: 0 }, actor);
  }

  async cancel({ run: id }: { run: string }) {
    const run = this.runsById.get(id);
    if (!run) return refuse("not_found", `There is no run ${id}.`);
    this.#publish([this.#update(id, { status: "canceled", endedAt: Date.now() })]);
    return ok(this.runsById.get(id) ?? run);
  }

  async locations() {
    return ok(this.locationViews);
  }

  async versions() {
    return ok({ items: sampleVersions(Date.now()), next: null });
  }

  async activateVersion({ version }: { version: string }) {
    const found = sampleVersions(Date.now()).find((entry) => entry.id === version);
    return found ? ok(found) : refuse("not_found", `There is no version ${version}.`);
  }

  async agents() {
    return ok(this.agentViews);
  }
}

/** What a procedure throws as an `AppError` becomes a refusal, as it would over the wire. */
function ofTopics(procedures: FixtureProcedures): Answers {
  const answers = Object.entries(procedures).map(([name, answer]) => [
    name,
    async (input: never) => {
      try {
        return ok(answer(input));
      } catch (error) {
        if (error instanceof AppError) return refuse(error.code, error.message);
        throw error;
      }
    },
  ]);
  return Object.fromEntries(answers) as Answers;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
