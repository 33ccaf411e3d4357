/**
 * A deployment for fast tests: the real engine, followers and migrations over Node's SQLite. Time stands still until a test lets it pass,
 * random values come from a seed, and every call has done all its work when it returns.
 */
import { onTestFinished } from "vitest";
import { type LaunchInput, launchSchema, type LaunchTarget } from "@headgate/shared/contract/runs/launch.ts";
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import { type Result, unwrap } from "@headgate/shared/domain/errors.ts";
import type { AttemptRef } from "@headgate/shared/protocol/attempt.ts";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";
import type { Hello } from "@headgate/shared/protocol/up.ts";
import { agentLeft, receiveFromAgent } from "../deployment/agent-protocol/agent-socket.ts";
import { activateVersion } from "../deployment/catalog/activate-version.ts";
import { registerVersion } from "../deployment/catalog/register-version.ts";
import { switchOf } from "../deployment/catalog/catalog.ts";
import { switchLocation } from "../deployment/switches/switch-location.ts";
import { Engine } from "../deployment/engine.ts";
import type { Fact, FactOf, FactType } from "../deployment/facts.ts";
import { fireTimers } from "../deployment/fire-timers.ts";
import { clock } from "../deployment/kernel/clock.ts";
import { SOCKET_HEADERS } from "../deployment/kernel/socket-headers.ts";
import { answerClose, attachmentOf } from "../deployment/kernel/sockets.ts";
import { nextTimerAt } from "../deployment/kernel/timer-store.ts";
import type { Tx } from "../deployment/kernel/tx.ts";
import { receiveFromDashboard } from "../deployment/live/live-socket.ts";
import { launch } from "../deployment/runs/launch/launch.ts";
import { start } from "../deployment/start.ts";
import { NodeObjectState } from "./platform/object-state.ts";
import type { NodeWebSocket } from "./platform/web-socket.ts";
import { useSeed } from "./seed.ts";
import { TestAgent } from "./test-agent.ts";

export const person: Actor = { kind: "user", name: "ada@example.com", role: "owner" };
/** Far in the future, so that no real alarm fires meanwhile. */
export const START = Date.UTC(2030, 0, 7, 12);

export class TestDeployment {
  now = START;
  readonly engine: Engine;
  /** Everything that happened, in order. */
  readonly facts: Fact[] = [];
  readonly #state: NodeObjectState;
  #numbers = 0;

  private constructor() {
    const { now } = clock;
    clock.now = () => this.now;
    const forgetSeed = useSeed(1);
    onTestFinished(() => {
      clock.now = now;
      forgetSeed();
    });
    this.#state = new NodeObjectState(
      () => ({
        alarm: async () => this.fireTimers(),
        webSocketMessage: async (socket, message) => this.#received(socket, message),
        webSocketClose: async (socket, code) => this.#left(socket, code),
      }),
      { now: () => this.now },
    );
    this.engine = new Engine(this.#state.asState, () => undefined);
    this.#keepFacts();
  }

  static async open(): Promise<TestDeployment> {
    const deployment = new TestDeployment();
    await start(deployment.engine, { storage: deployment.#state.asState.storage, now: deployment.now });
    return deployment;
  }

  /** An open deployment with this version active. */
  static async with(manifest: Manifest): Promise<TestDeployment> {
    const deployment = await TestDeployment.open();
    deployment.publish(manifest);
    return deployment;
  }

  readonly commit = <T>(command: (tx: Tx) => T): T => this.engine.commit(command);

  /** Also those of transactions that the engine begins by itself. */
  #keepFacts(): void {
    const commit = this.engine.commit.bind(this.engine);
    this.engine.commit = (command) => {
      const stated: Fact[][] = [];
      // Before the effects of this transaction lead to others.
      const at = this.facts.length;
      const answer = commit((tx) => {
        stated.push(tx.facts);
        return command(tx);
      });
      this.facts.splice(at, 0, ...stated.flat());
      return answer;
    };
  }

  /** A command that must not refuse. */
  done<T>(command: (tx: Tx) => Result<T>): T {
    return unwrap(this.commit(command));
  }

  /** Registers and activates; the id of the version. A code location that was never switched is switched on, as a user would do. */
  publish(manifest: Manifest, { quiet = false }: { readonly quiet?: boolean } = {}): string {
    const hash = (++this.#numbers).toString(16).padStart(64, "0");
    const { id } = this.done((tx) => registerVersion(tx, { manifest, hash, manifestKey: `manifests/${hash}`, actor: person }));
    const { location } = manifest;
    this.done((tx): Result<unknown> => {
      const activated = activateVersion(tx, { location, version: id });
      return activated.ok && !quiet && switchOf(tx, location) === "new" ? switchLocation(tx, { location, on: true }, person) : activated;
    });
    return id;
  }

  /** The id of the run. */
  launch(target: Partial<LaunchTarget>, options: Omit<LaunchInput, "target"> = {}): string {
    const no = this.done((tx) => launch(tx, launchSchema.parse({ target: { checksOnly: false, ...target }, ...options }), person));
    return this.rows("SELECT id FROM run WHERE no = ?", no)[0]?.["id"] as string;
  }

  /** Lets time pass; everything that is due until then happens, each at its time. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (let round = 0; round < 10_000; round++) {
      const at = nextTimerAt(this.engine.db);
      if (at === null || at > until) {
        this.now = until;
        return;
      }
      this.now = Math.max(this.now, at);
      this.fireTimers();
    }
    throw new Error("The timers never come to an end.");
  }

  /** What the alarm does. A failure of a timer fails the test. */
  fireTimers(): void {
    this.engine.timers.fire({
      now: this.now,
      elapsed: () => 0,
      run: (timers) => this.commit((tx) => fireTimers(tx, timers)),
      failed: (timer, error) => {
        throw new Error(`Timer ${timer.kind} ${timer.id} failed`, { cause: error });
      },
    });
  }

  /** A connected agent that was welcomed. */
  agent(hello: Partial<Hello> = {}): TestAgent {
    const agent = this.connect({ instance: hello.instance ?? `instance-${++this.#numbers}` });
    agent.hello(hello);
    agent.last("welcome");
    return agent;
  }

  /** An agent that has said nothing yet. */
  connect(options: { readonly instance: string; readonly token?: string; readonly attempt?: AttemptRef }): TestAgent {
    const { attempt } = options;
    const socket = this.socket({
      [SOCKET_HEADERS.kind]: "agent",
      [SOCKET_HEADERS.token]: options.token ?? "tok_agent",
      ...(attempt && { [SOCKET_HEADERS.attempt]: encodeURIComponent(JSON.stringify(attempt)) }),
    });
    return new TestAgent(socket, { instance: options.instance, now: () => this.now });
  }

  /** A pod that has said hello with the token of an attempt. */
  pod({ run, step, epoch }: AttemptRef, instance = `pod-${++this.#numbers}-of-${step}`, hello: Partial<Hello> = {}): TestAgent {
    const pod = this.connect({ instance, attempt: { run, step, epoch } });
    pod.hello({ hostname: instance, ...hello });
    return pod;
  }

  /** The client's end of a new socket. */
  socket(headers: Record<string, string>): NodeWebSocket {
    const request = new Request("http://deployment/socket", { headers: { upgrade: "websocket", ...headers } });
    const { webSocket } = this.engine.sockets.accept(request, `socket-${++this.#numbers}`);
    return webSocket as unknown as NodeWebSocket;
  }

  factsOf<T extends FactType>(type: T): FactOf<T>[] {
    return this.facts.filter((fact): fact is FactOf<T> & Fact => fact.type === type);
  }

  rows(sql: string, ...values: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.engine.db.sql.exec(sql, ...values).toArray();
  }

  runStatus(run: string): string | undefined {
    return this.rows("SELECT status FROM run WHERE id = ?", run)[0]?.["status"] as string | undefined;
  }

  get #ports() {
    const unheld = (count: number) => {
      this.engine.unheldReports += count;
    };
    return { commit: this.commit, live: this.engine.live, ignored: () => this.engine.ignoredFrames++, unheld };
  }

  #received(socket: WebSocket, message: string | ArrayBuffer): void {
    const attachment = attachmentOf(socket);
    if (attachment?.kind === "agent") receiveFromAgent(socket, { attachment, message, ports: this.#ports });
    if (attachment?.kind === "live") receiveFromDashboard(socket, { attachment, message, live: this.engine.live });
  }

  #left(socket: WebSocket, code: number): void {
    answerClose(socket, code);
    const attachment = attachmentOf(socket);
    if (attachment?.kind === "agent") agentLeft(attachment, code, this.#ports);
    if (attachment?.kind === "live") this.engine.live.left(attachment);
  }
}
