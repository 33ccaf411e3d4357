/** Puts the agent together: connection and outbox on one side, work and executor on the other. */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { secretVariables } from "@headgate/shared/domain/secret-variables.ts";
import { uuidv7 } from "@headgate/shared/ids.ts";
import type { Hello } from "@headgate/shared/protocol/up.ts";
import { errorText, type AgentLog } from "./agent-log.ts";
import { readToken, type AgentConfig } from "./config.ts";
import { Connection, type ConnectionEnd } from "./connection/connection.ts";
import { handleFrame, type FrameHandlers } from "./connection/down-frames.ts";
import { Drain } from "./connection/drain.ts";
import { helloFrame } from "./connection/hello.ts";
import { Identity } from "./connection/identity.ts";
import { Outbox } from "./connection/outbox.ts";
import type { Welcome } from "./connection/session.ts";
import { Spool } from "./connection/spool.ts";
import { handleWelcome } from "./connection/welcome.ts";
import type { Executor, OpenExecutor } from "./executors/executor.ts";
import { openInstanceFolder, type InstanceFolder } from "./instance-folder.ts";
import { LogUploader } from "./logs/log-uploader.ts";
import { maskOf } from "./logs/mask.ts";
import { DEFAULT_TIMING, type AgentTiming } from "./timing.ts";
import { ControlPlaneHttp } from "./versions/control-plane-http.ts";
import { AttemptList } from "./work/attempt-list.ts";
import { AttemptRecords } from "./work/attempt-records.ts";
import { chooseEarlierList, hasNewerList, LIST_FILE } from "./work/earlier-lists.ts";
import { Locations } from "./work/locations.ts";
import { Recovery } from "./work/recovery.ts";
import { Supervisor } from "./work/supervisor.ts";

/** Live lines are dropped rather than queued behind a slow connection. */
const TAIL_BACKLOG_BYTES = 1024 * 1024;

export interface AgentDeps {
  readonly log: AgentLog;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Chooses where user code runs. */
  readonly openExecutor: OpenExecutor;
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly timing?: Partial<AgentTiming> | undefined;
}

export type AgentExit = Pick<ConnectionEnd, "message" | "exit">;

export interface AgentHandle {
  /** The name under which the control plane knew this agent process when it started. */
  readonly instance: string;
  /** Resolves when the agent has ended: stopped, refused (if so configured) or replaced. Its own processes are gone then. */
  readonly exited: Promise<AgentExit>;
  /** No new work; running steps get the grace time, then are stopped and reported; then the connection closes. */
  stop(reason: string): Promise<void>;
  /** Ends every process of the agent at once, for a second Ctrl-C. */
  kill(): void;
  /** The inner state, for people and tests. */
  snapshot(): AgentSnapshot;
}

export interface AgentSnapshot {
  readonly connected: boolean;
  readonly running: number;
  readonly workers: readonly number[];
  readonly nextItem: number;
  readonly acknowledged: number;
  readonly locations: Hello["locations"];
}

export async function startAgent(config: AgentConfig, deps: AgentDeps): Promise<AgentHandle> {
  return new Agent(config, deps);
}

class Agent implements AgentHandle {
  readonly #config: AgentConfig;
  readonly #deps: AgentDeps;
  readonly #timing: AgentTiming;
  readonly #folder: InstanceFolder;
  readonly #executor: Executor;
  readonly #list: AttemptList;
  readonly #identity: Identity;
  readonly #outbox: Outbox;
  readonly #supervisor: Supervisor;
  readonly #recovery: Recovery;
  readonly #locations: Locations;
  readonly #connection: Connection;
  readonly #drain: Drain;
  readonly instance: string;
  readonly exited: Promise<AgentExit>;

  constructor(config: AgentConfig, deps: AgentDeps) {
    const { log, now, random } = deps;
    this.#config = config;
    this.#deps = deps;
    this.#timing = { ...DEFAULT_TIMING, ...deps.timing };
    const timing = this.#timing;
    const newInstance = (): string => uuidv7(now(), randomBytes(16));
    this.#folder = openFolder(config.dataDir, newInstance());
    const http = new ControlPlaneHttp({ url: config.url, token: config.token, random });
    this.#executor = deps.openExecutor({ dataDir: config.dataDir, folder: this.#folder.path, http, timing, log, now });
    const server = serverOf(config);
    const earlier = this.#readEarlier(server);
    this.#identity = new Identity(newInstance, earlier?.owner.instance ?? null);
    this.instance = this.#identity.instance;
    this.#list = new AttemptList({
      path: join(this.#folder.path, LIST_FILE),
      records: earlier ?? new AttemptRecords({ instance: this.instance, server }),
      executor: this.#executor.kind,
      adoptable: this.#executor.adoption !== null,
      log,
    });
    // Only now is everything that was worth keeping in the new list.
    this.#folder.removeEarlier();
    const mask = maskOf(secretVariables(deps.env).map(({ value }) => value));
    this.#outbox = new Outbox({
      limits: timing,
      spool: new Spool(join(this.#folder.path, "spool"), timing.spoolBytes),
      mask,
      now,
      resumes: earlier !== null,
      journal: {
        resumed: (received) => this.#recovery.onNumbers(received),
        sent: (s, events) => this.#list.sent(s, events),
        acknowledged: (s, ended) => {
          this.#list.acknowledged(s);
          void this.#supervisor.endStored(ended);
        },
      },
    });
    const uploader = new LogUploader({ http, timing, log, random });
    this.#supervisor = new Supervisor({
      executor: this.#executor,
      list: this.#list,
      outbox: this.#outbox,
      interruptedTicks: earlier?.ticks ?? new Set(),
      uploader,
      mask,
      sendTail: (tail) => {
        const connection = this.#connection;
        if (connection.connected && connection.backlog < TAIL_BACKLOG_BYTES) connection.send({ t: "tail", ...tail });
      },
      timing,
      now,
      log,
    });
    this.#recovery = new Recovery({ records: earlier, executor: this.#executor, list: this.#list, supervisor: this.#supervisor, log });
    this.#locations = new Locations({
      executor: this.#executor.locations,
      log,
      report: (report) => void this.#outbox.add(report),
      neededVersions: (location) => this.#supervisor.neededVersions(location),
    });
    const handlers = this.#handlers();
    this.#connection = new Connection({
      url: config.url,
      token: config.token,
      exitOnRefusal: config.exitOnRefusal,
      timing,
      log,
      now,
      random,
      hello: () => this.#hello(),
      onWelcome: (welcome) => this.#onWelcome(welcome),
      onFrame: (frame) => handleFrame(frame, { handlers, log }),
      onLost: () => this.#outbox.detach(),
    });
    this.#drain = this.#openDrain(uploader);
    this.exited = this.#run();
  }

  async stop(reason: string): Promise<void> {
    await this.#drain.start(reason);
    await this.exited;
  }

  kill(): void {
    this.#executor.kill();
  }

  snapshot(): AgentSnapshot {
    const { next, acknowledged } = this.#outbox.numbers;
    return {
      connected: this.#connection.connected,
      running: this.#supervisor.running.length,
      workers: this.#executor.processes,
      nextItem: next,
      acknowledged,
      locations: this.#locations.states,
    };
  }

  /** Ends what earlier agent processes left running and cannot be continued, and returns the list that can. */
  #readEarlier(server: string): AttemptRecords | null {
    const folders = this.#folder.earlier;
    for (const folder of folders) this.#executor.sweep(folder);
    return chooseEarlierList({ folders, server, executor: this.#executor, log: this.#deps.log });
  }

  #hello(): Hello {
    const { queue, labels } = this.#config;
    return helloFrame({
      instance: this.#identity.instance,
      hostname: hostname(),
      queue,
      slots: this.#executor.capacity,
      running: [...this.#recovery.running, ...this.#supervisor.running],
      unacknowledged: this.#outbox.unacknowledged,
      labels: { ...labels },
      locations: this.#locations.states,
    });
  }

  #onWelcome(welcome: Welcome): void {
    handleWelcome(welcome, {
      url: this.#config.url,
      identity: this.#identity,
      outbox: this.#outbox,
      connection: this.#connection,
      onNewInstance: (instance) => this.#list.renumbered(instance),
      onAgreed: ({ drop, locations }) => {
        const { announcement } = this.#drain;
        if (announcement !== null) this.#connection.send(announcement);
        this.#recovery.onWelcome(drop);
        this.#supervisor.drop(drop);
        this.#locations.setActive(locations);
      },
      now: this.#deps.now,
      log: this.#deps.log,
    });
  }

  #handlers(): FrameHandlers {
    return {
      acknowledged: (s) => {
        this.#connection.progressed();
        this.#outbox.ack(s);
      },
      job: (frame) => this.#supervisor.accept(frame),
      cancel: (frame) => this.#supervisor.cancel(frame, frame),
      tick: (frame) => this.#supervisor.acceptTick(frame),
      load: (location, version) => this.#locations.load(location, version),
      tail: (frame) => this.#supervisor.tail(frame, frame.on),
      drain: (reason) => void this.#drain.start(reason),
    };
  }

  #openDrain(uploads: LogUploader): Drain {
    const supervisor = this.#supervisor;
    const { timeoutGraceMs, farewellMs } = this.#timing;
    return new Drain({
      graceMs: this.#config.drainGraceMs,
      farewellMs,
      work: {
        get running() {
          return supervisor.running.length;
        },
        drain: () => supervisor.drain(),
        stopAll: (reason) => supervisor.stopAll({ kind: "shutdown", reason }, timeoutGraceMs),
        whenIdle: () => supervisor.whenIdle(),
      },
      connection: this.#connection,
      outbox: this.#outbox,
      uploads,
      log: this.#deps.log,
    });
  }

  async #run(): Promise<AgentExit> {
    const { log } = this.#deps;
    const end = await this.#connection.run();
    await this.#executor.close();
    this.#outbox.close();
    this.#list.close();
    // Attempts that can be adopted are for the next agent process to continue.
    if (this.#list.adoptable.length === 0) this.#folder.remove();
    if (end.exit === "stopped") log.info("stopped");
    else log.error(end.message, { exit: end.exit });
    return end;
  }
}

/** Only an agent with the same control plane and token may continue an instance. */
function serverOf({ url, token }: AgentConfig): string {
  const read = readToken(token);
  return createHash("sha256")
    .update(`${url}\n${read.ok ? read.value : ""}`)
    .digest("hex")
    .slice(0, 16);
}

function openFolder(dataDir: string, name: string): InstanceFolder {
  try {
    mkdirSync(dataDir, { recursive: true });
    return openInstanceFolder({ dataDir, name, mustStay: hasNewerList });
  } catch (error) {
    throw new AppError(
      "invalid_input",
      `The agent's data folder ${dataDir} cannot be used: ${errorText(error)}. Choose another with --data.`,
      { cause: error },
    );
  }
}
