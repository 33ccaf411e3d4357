/** The Durable Object of one deployment. Wiring only: each method runs one command or one query. */
import { DurableObject } from "cloudflare:workers";
import type { z } from "zod";
import type { launchSchema, reexecuteSchema } from "@headgate/shared/contract/runs/launch.ts";
import type { CommandName, InputOf, QueryName } from "@headgate/shared/contract/table.ts";
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { DeploymentEnv } from "./deployment-env.ts";
import { agentLeft, receiveFromAgent } from "./agent-protocol/agent-socket.ts";
import { clock } from "./kernel/clock.ts";
import { activateVersion, reportLoadErrors } from "./catalog/activate-version.ts";
import { cancelRun } from "./runs/execute/cancel-run.ts";
import { fireTimers } from "./fire-timers.ts";
import { launch } from "./runs/launch/launch.ts";
import { recordLogChunk } from "./runs/execute/record-log-chunk.ts";
import { reexecuteRun } from "./runs/launch/reexecute-run.ts";
import { registerVersion } from "./catalog/register-version.ts";
import { Engine } from "./engine.ts";
import { receiveFromDashboard } from "./live/live-socket.ts";
import { logError } from "./kernel/log-error.ts";
import { COMMANDS, QUERIES } from "./procedures.ts";
import * as assets from "./asset-pages/asset-queries.ts";
import { assetPartitions } from "./asset-pages/asset-partitions.ts";
import { definitionsDocument } from "./catalog/definitions-document.ts";
import { readHome } from "./home/home.ts";
import * as locations from "./catalog/location-queries.ts";
import { logChunksQuery, manifestKeyOf } from "./run-pages/log-queries.ts";
import * as runs from "./run-pages/run-queries.ts";
import { newWebhookTraffic, receiveDelivery } from "./webhooks/receive.ts";
import type { DeploymentStub } from "./rpc.ts";
import { answerClose, attachmentOf, closeQuietly } from "./kernel/sockets.ts";
import { start } from "./start.ts";
import { startDryRun } from "./dry-run/start-dry-run.ts";
import { readIdentity, writeMeta } from "./kernel/meta-store.ts";
import { catalogOf } from "./catalog/catalog.ts";
import { listAgents } from "./run-pages/agent-queries.ts";
import type { DeploymentIdentity } from "./kernel/identity.ts";
import type { RawLogChunk } from "./runs/raw-log-chunk.ts";
import { destinationsOf } from "./destinations.ts";
import { OutboxSender } from "./outbox/outbox-sender.ts";
import { webhookIds } from "./webhooks/webhook-store.ts";

export class Deployment extends DurableObject<DeploymentEnv> implements DeploymentStub {
  readonly #engine: Engine;
  readonly #outbox: OutboxSender;
  readonly #webhookTraffic = newWebhookTraffic();

  constructor(state: DurableObjectState, env: DeploymentEnv) {
    super(state, env);
    this.#engine = new Engine(state, () => state.waitUntil(this.#sendOutbox()));
    const engine = this.#engine;
    this.#outbox = new OutboxSender({
      reader: () => engine.reader(),
      commit: engine.commit.bind(engine),
      destinations: destinationsOf(env, engine.db),
    });
    void state.blockConcurrencyWhile(() => start(this.#engine, { storage: state.storage, now: clock.now() }));
  }

  // ---------------------------------------------------------------- sockets and alarm

  override async fetch(request: Request): Promise<Response> {
    return this.#engine.sockets.accept(request, crypto.randomUUID());
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const attachment = attachmentOf(socket);
    try {
      if (attachment?.kind === "agent") receiveFromAgent(socket, { attachment, message, ports: this.#agentPorts() });
      if (attachment?.kind === "live") receiveFromDashboard(socket, { attachment, message, live: this.#engine.live });
    } catch (error) {
      logError("A frame could not be handled", error);
      // The peer reconnects and sends again what was not acknowledged.
      closeQuietly(socket, CLOSE.slowDown, "internal error, try again");
    }
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    answerClose(socket, code);
    this.#left(socket, code);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#left(socket);
  }

  #left(socket: WebSocket, code: number | null = null): void {
    const attachment = attachmentOf(socket);
    try {
      if (attachment?.kind === "agent") agentLeft(attachment, code, this.#agentPorts());
      if (attachment?.kind === "live") this.#engine.live.left(attachment);
    } catch (error) {
      logError("The end of a socket could not be handled", error);
    }
  }

  #agentPorts() {
    const engine = this.#engine;
    return { commit: engine.commit.bind(engine), live: engine.live, ignored: () => engine.ignoredFrames++ };
  }

  override async alarm(): Promise<void> {
    this.#fireTimers();
  }

  async #sendOutbox(): Promise<void> {
    try {
      await this.#outbox.send();
    } catch (error) {
      logError("Messages of the outbox could not be sent", error);
    }
  }

  async sweep(): Promise<void> {
    this.#fireTimers();
  }

  #fireTimers(): void {
    try {
      this.#engine.timers.fire({
        now: clock.now(),
        elapsed: () => performance.now(),
        run: (timers) => this.#engine.commit((tx) => fireTimers(tx, timers)),
        failed: (timer, error) => logError(`Timer ${timer.kind} ${timer.id} failed`, error),
      });
    } catch (error) {
      logError("The timers could not be looked at", error);
    }
  }

  // ---------------------------------------------------------------- publishing, raw output, tokens (called by the Worker)

  async identify(identity: DeploymentIdentity): Promise<void> {
    const text = JSON.stringify({ id: identity.id, org: identity.org, name: identity.name });
    if (JSON.stringify(readIdentity(this.#engine.db)) !== text) writeMeta(this.#engine.db, "identity", text);
  }

  async registerVersion(input: Parameters<DeploymentStub["registerVersion"]>[0]) {
    return this.#engine.commitThen(
      (tx) => registerVersion(tx, input),
      (reader, row) => ({ version: row.id, number: row.number, active: catalogOf(reader).versionOf.get(row.location)?.id === row.id }),
    );
  }

  async activate(input: { readonly location: string; readonly version: string; readonly actor: Actor }) {
    const activated = this.#engine.commitThen(
      (tx) => activateVersion(tx, input),
      (_reader, row) => locations.versionView(row, row.id),
    );
    // The addresses of new webhooks work when the publisher hears that its version is active, unless the directory is away.
    await this.#sendOutbox();
    return activated;
  }

  async activateVersion(input: InputOf<"locations.activate">, actor: Actor) {
    return this.activate({ ...input, actor });
  }

  async reportLoadErrors(input: Parameters<DeploymentStub["reportLoadErrors"]>[0]): Promise<Result<null>> {
    this.#engine.commit((tx) => reportLoadErrors(tx, input));
    return ok(null);
  }

  async manifestKey(input: { readonly location: string; readonly version: string }) {
    return manifestKeyOf(this.#engine.reader(), input);
  }

  async definitionsDocument(input: { readonly hash: string }) {
    return definitionsDocument(this.#engine.reader(), input.hash);
  }

  async recordLogChunk(input: RawLogChunk & { readonly token: string }) {
    return this.#engine.commit((tx) => recordLogChunk(tx, input));
  }

  async logChunks(input: Parameters<DeploymentStub["logChunks"]>[0]) {
    return logChunksQuery(this.#engine.reader(), input);
  }

  async deliver(input: Parameters<DeploymentStub["deliver"]>[0]) {
    return receiveDelivery(this.#engine, this.#webhookTraffic, input);
  }

  async webhookIds() {
    return webhookIds(this.#engine.db);
  }

  async tokenRevoked(input: { readonly token: string }): Promise<void> {
    for (const socket of this.#engine.sockets.ofToken(input.token)) {
      closeQuietly(socket, CLOSE.revoked, "the token was revoked");
      // A peer that does not answer the close would look connected for minutes.
      this.#left(socket);
    }
  }

  // ---------------------------------------------------------------- DeploymentService

  async testTick(input: Parameters<DeploymentStub["testTick"]>[0]) {
    const engine = this.#engine;
    return startDryRun({ commit: engine.commit.bind(engine), rollBack: engine.rollBack.bind(engine), waiting: engine.dryRuns }, input);
  }

  async ask<N extends QueryName>(name: N, input: InputOf<DeploymentQueries[N]>) {
    return QUERIES[name](this.#engine.reader(), input);
  }

  async perform<N extends CommandName>(name: N, input: InputOf<DeploymentCommands[N]>, actor: Actor) {
    return this.#engine.commitThen(
      (tx) => COMMANDS[name](tx, input, actor),
      (reader, read) => read(reader),
    );
  }

  async home() {
    return readHome(this.#engine.reader());
  }

  async definitionsHash() {
    return ok({ hash: catalogOf(this.#engine).hash });
  }

  async assetStates(input: InputOf<"assets.states">) {
    return assets.listAssetStates(this.#engine.reader(), input);
  }

  async asset(input: InputOf<"assets.get">) {
    return assets.assetDetail(this.#engine.reader(), input.key);
  }

  async assetEvents(input: InputOf<"assets.events">) {
    return assets.assetEvents(this.#engine.reader(), input);
  }

  async assetChecks(input: InputOf<"assets.get">) {
    return assets.assetChecks(this.#engine.reader(), input.key);
  }

  async assetCheckHistory(input: InputOf<"assets.checkHistory">) {
    return assets.checkHistory(this.#engine.reader(), input);
  }

  async assetSeries(input: InputOf<"assets.series">) {
    return assets.assetSeries(this.#engine.reader(), input);
  }

  async assetPartitions(input: InputOf<"assets.partitions">) {
    return assetPartitions(this.#engine.reader(), input);
  }

  async runs(input: InputOf<"runs.list">) {
    return runs.listRunsQuery(this.#engine.reader(), input);
  }

  async run(input: InputOf<"runs.get">) {
    return runs.runDetail(this.#engine.reader(), input.run);
  }

  async runEvents(input: InputOf<"runs.events">) {
    return runs.runEvents(this.#engine.reader(), input);
  }

  async runLogFiles(input: InputOf<"runs.get">) {
    return runs.runLogFiles(this.#engine.reader(), input.run);
  }

  async previewLaunch(input: InputOf<"runs.preview">) {
    return runs.previewLaunch(this.#engine.reader(), input);
  }

  async launch(input: z.output<typeof launchSchema>, actor: Actor) {
    return this.#engine.commitThen((tx) => launch(tx, input, actor), runs.summaryOf);
  }

  async reexecute(input: z.output<typeof reexecuteSchema>, actor: Actor) {
    return this.#engine.commitThen((tx) => reexecuteRun(tx, input, actor), runs.summaryOf);
  }

  async cancel(input: InputOf<"runs.cancel">, actor: Actor) {
    return this.#engine.commitThen((tx) => cancelRun(tx, { run: input.run, by: actor.name, reason: input.reason }), runs.summaryOf);
  }

  async locations() {
    return ok(locations.listLocations(this.#engine.reader()));
  }

  async versions(input: InputOf<"locations.versions">) {
    return locations.listVersionsQuery(this.#engine.reader(), input);
  }

  async agents() {
    return ok(listAgents(this.#engine.reader()));
  }
}
