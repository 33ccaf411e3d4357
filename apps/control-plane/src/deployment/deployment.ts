/** The Durable Object of one deployment. Wiring only: each method runs one command or one query. */
import { DurableObject } from "cloudflare:workers";
import { definitionsDocumentSchema } from "@headgate/shared/contract/catalog/definitions.ts";
import { checkAnswer, checkShape } from "@headgate/shared/contract/check-answer.ts";
import type { AnswerOf, CommandName, InputOf, ProcedureName, QueryName } from "@headgate/shared/contract/table.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { AuditedActor } from "@headgate/shared/contract/deployment.ts";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import type { DeploymentEnv } from "./deployment-env.ts";
import { endAttemptOfPod } from "./agent-protocol/attempt-end.ts";
import { checkAttemptToken, grantAttemptToken } from "./agent-protocol/attempt-token.ts";
import { noteAttemptWaits } from "./agent-protocol/attempt-waits.ts";
import { agentLeft, receiveFromAgent } from "./agent-protocol/agent-socket.ts";
import { clock } from "./kernel/clock.ts";
import { fireTimers } from "./fire-timers.ts";
import { mayWriteLog, recordLogChunk } from "./runs/execute/record-log-chunk.ts";
import { registerVersion } from "./catalog/register-version.ts";
import { reportLoadErrors } from "./catalog/activate-version.ts";
import { Engine } from "./engine.ts";
import { receiveFromDashboard } from "./live/live-socket.ts";
import { logError } from "./kernel/log-error.ts";
import { definitionsDocument } from "./catalog/definitions-document.ts";
import { logChunksQuery, manifestKeyOf } from "./run-pages/log-queries.ts";
import { newWebhookTraffic, receiveDelivery } from "./webhooks/receive.ts";
import { COMMANDS, QUERIES, WAITING_COMMANDS } from "./procedures.ts";
import type { DeploymentStub } from "./rpc.ts";
import { answerClose, attachmentOf, callerOf, closeQuietly, isPod } from "./kernel/sockets.ts";
import { start } from "./start.ts";
import { Turns } from "./kernel/turns.ts";
import { readIdentity, writeMeta } from "./kernel/meta-store.ts";
import { catalogOf } from "./catalog/catalog.ts";
import type { DeploymentIdentity } from "./kernel/identity.ts";
import type { LogAttempt, RawLogChunk } from "./runs/raw-log-chunk.ts";
import { destinationsOf } from "./destinations.ts";
import { keepAuditRow } from "./outbox/audit-message.ts";
import { OutboxSender } from "./outbox/outbox-sender.ts";
import { webhookIds } from "./webhooks/webhook-store.ts";

export class Deployment extends DurableObject<DeploymentEnv> implements DeploymentStub {
  readonly #engine: Engine;
  readonly #outbox: OutboxSender;
  /** Commits that left a message to be sent. */
  #outboxStarts = 0;
  readonly #webhookTraffic = newWebhookTraffic();
  readonly #turns = new Turns();

  constructor(state: DurableObjectState, env: DeploymentEnv) {
    super(state, env);
    this.#engine = new Engine(state, () => {
      this.#outboxStarts++;
      state.waitUntil(this.#sendOutbox());
    });
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
    const turn = attachmentOf(socket);
    if (turn?.kind === "agent" && !(await this.#turns.take(callerOf(turn))))
      return closeQuietly(socket, CLOSE.slowDown, "too many frames of this token wait; send them again later");
    // The frames before this one may have changed it.
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
    await this.#leftInTurn(socket, code);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#leftInTurn(socket);
  }

  /** Frames that arrived before the end are handled before it. */
  async #leftInTurn(socket: WebSocket, code: number | null = null): Promise<void> {
    const attachment = attachmentOf(socket);
    if (attachment?.kind === "agent") await this.#turns.take(callerOf(attachment));
    this.#left(socket, code);
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
    const unheld = (count: number) => {
      engine.unheldReports += count;
    };
    return { commit: engine.commit.bind(engine), live: engine.live, ignored: () => engine.ignoredFrames++, unheld };
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

  async reportLoadErrors(input: Parameters<DeploymentStub["reportLoadErrors"]>[0]): Promise<Result<null>> {
    this.#engine.commit((tx) => reportLoadErrors(tx, input));
    return ok(null);
  }

  async manifestKey(input: { readonly location: string; readonly version: string }) {
    return manifestKeyOf(this.#engine.reader(), input);
  }

  async definitionsDocument(input: { readonly hash: string }) {
    const document = definitionsDocument(this.#engine.reader(), input.hash);
    if (this.env.CHECK_ANSWERS === "1" && document.ok) {
      checkShape("The definitions document", definitionsDocumentSchema, JSON.parse(document.value));
    }
    return document;
  }

  async mayWriteLog(input: LogAttempt & { readonly token: string }): Promise<Result<null>> {
    const allowed = mayWriteLog(this.#engine.reader(), input);
    return allowed.ok ? ok(null) : allowed;
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

  async grantAttemptToken(input: Parameters<DeploymentStub["grantAttemptToken"]>[0]) {
    return this.#engine.commit((tx) => grantAttemptToken(tx, input));
  }

  async checkAttemptToken({ text }: Parameters<DeploymentStub["checkAttemptToken"]>[0]) {
    return checkAttemptToken(this.#engine.reader(), text);
  }

  async endAttempt(input: Parameters<DeploymentStub["endAttempt"]>[0]) {
    return this.#engine.commit((tx) => endAttemptOfPod(tx, input));
  }

  async noteAttemptWaits(input: Parameters<DeploymentStub["noteAttemptWaits"]>[0]) {
    return this.#engine.commit((tx) => noteAttemptWaits(tx, input));
  }

  async tokenRevoked(input: { readonly token: string }): Promise<void> {
    for (const socket of this.#engine.sockets.ofToken(input.token)) {
      // An agent waits for another token. A pod has none to wait for, so it ends.
      closeQuietly(socket, isPod(attachmentOf(socket)) ? CLOSE.replaced : CLOSE.revoked, "the token was revoked");
      // A peer that does not answer the close would look connected for minutes.
      this.#left(socket);
    }
  }

  // ---------------------------------------------------------------- procedures of the contract

  async ask<N extends QueryName>(name: N, input: InputOf<N>, caller?: string): Promise<Result<AnswerOf<N>>> {
    if (caller !== undefined && !(await this.#turns.take(caller)))
      return refuse("rate_limited", "too many calls of this token or session wait for their turn; wait for their answers first");
    return this.#checked(name, QUERIES[name](this.#engine.reader(), input));
  }

  async perform<N extends CommandName>(name: N, input: InputOf<N>, actor: AuditedActor): Promise<Result<AnswerOf<N>>> {
    const engine = this.#engine;
    const waiting = WAITING_COMMANDS[name];
    if (waiting) {
      const ports = { commit: engine.commit.bind(engine), rollBack: engine.rollBack.bind(engine), waiting: engine.dryRuns };
      const answered = await waiting(ports, input);
      if (answered.ok) engine.commit((tx) => keepAuditRow(tx, actor));
      return this.#checked(name, answered);
    }
    const command = COMMANDS[name];
    if (!command) return refuse("not_found", `There is no command ${name}.`);
    const before = this.#outboxStarts;
    const answer = engine.commitThen(
      (tx) => {
        const done = command(tx, input, actor);
        if (done.ok) keepAuditRow(tx, actor);
        return done;
      },
      (reader, read) => read(reader),
    );
    // Usually the addresses of new webhooks work when the publisher hears that its version is active.
    if (name === "locations.activate" && this.#outboxStarts > before) await this.#outbox.settled();
    return this.#checked(name, answer);
  }

  /** Tests set the variable; in production no answer is looked at. */
  #checked<N extends ProcedureName>(name: N, answer: Result<AnswerOf<N>>): Result<AnswerOf<N>> {
    if (this.env.CHECK_ANSWERS === "1" && answer.ok) checkAnswer(name, answer.value);
    return answer;
  }
}
