/** Puts the agent together: connection and outbox on one side, work and executor on the other. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { secretVariables } from "@headgate/shared/domain/secret-variables.ts";
import { uuidv7 } from "@headgate/shared/ids.ts";
import type { Hello } from "@headgate/shared/protocol/up.ts";
import type { AgentDeps, AgentExit, AgentHandle, AgentSnapshot } from "./agent-handle.ts";
import { AgentToken } from "./agent-token.ts";
import { serverFingerprint, type AgentConfig } from "./config.ts";
import { Connection } from "./connection/connection.ts";
import { handleFrame, type FrameHandlers } from "./connection/down-frames.ts";
import { Drain } from "./connection/drain.ts";
import { helloFrame } from "./connection/hello.ts";
import { Identity } from "./connection/identity.ts";
import { Outbox } from "./connection/outbox.ts";
import type { Welcome } from "./connection/session.ts";
import { Spool } from "./connection/spool.ts";
import { handleWelcome } from "./connection/welcome.ts";
import type { Executor } from "./executors/executor.ts";
import { openInstanceFolder, type InstanceFolder } from "./instance-folder.ts";
import { LogUploader } from "./logs/log-uploader.ts";
import { growingMask, type GrowingMask, type Mask } from "./logs/mask.ts";
import { DEFAULT_TIMING, type AgentTiming } from "./timing.ts";
import { ControlPlaneHttp } from "./versions/control-plane-http.ts";
import { AttemptList } from "./work/attempt-list.ts";
import { AttemptRecords } from "./work/attempt-records.ts";
import { chooseEarlierList, hasNewerList, LIST_FILE } from "./work/earlier-lists.ts";
import { Locations } from "./work/locations.ts";
import { MAX_WAIT_MS, OneAttempt } from "./work/one-attempt.ts";
import { Recovery } from "./work/recovery.ts";
import { Supervisor, type SupervisorOptions } from "./work/supervisor.ts";

/** Live lines are dropped rather than queued behind a slow connection. */
const TAIL_BACKLOG_BYTES = 1024 * 1024;

/** Starts an agent, which connects in the background. Rejects when the data folder cannot be used. */
export async function startAgent(config: AgentConfig, deps: AgentDeps): Promise<AgentHandle> {
  return new Agent(config, deps);
}

class Agent implements AgentHandle {
  readonly #config: AgentConfig;
  readonly #deps: AgentDeps;
  readonly #timing: AgentTiming;
  readonly #mask: GrowingMask;
  readonly #token: AgentToken;
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
  /** Null for an agent that takes attempts until it is stopped. */
  readonly #once: OneAttempt | null;
  readonly instance: string;
  readonly exited: Promise<AgentExit>;

  constructor(config: AgentConfig, deps: AgentDeps) {
    const { log, now, random } = deps;
    this.#config = config;
    this.#deps = deps;
    this.#timing = { ...DEFAULT_TIMING, ...deps.timing };
    const timing = this.#timing;
    const newInstance = (): string => uuidv7(now(), randomBytes(16));
    this.#folder = openInstanceFolder({ dataDir: config.dataDir, name: newInstance(), mustStay: hasNewerList });
    this.#mask = growingMask([...secretVariables(deps.env).map(({ value }) => value), ...config.hidden]);
    const mask = this.#mask;
    this.#token = new AgentToken(config.token, (token) => mask.hide(token));
    const http = new ControlPlaneHttp({ url: config.url, token: this.#token, random });
    this.#executor = deps.openExecutor({ dataDir: config.dataDir, folder: this.#folder.path, http, timing, log, now });
    const server = serverFingerprint(config);
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
    const uploader = new LogUploader({ http, timing, log, random });
    this.#outbox = this.#openOutbox(mask, earlier !== null);
    this.#supervisor = this.#openSupervisor({ uploader, mask, interruptedTicks: earlier?.ticks ?? new Set() });
    this.#recovery = new Recovery({ records: earlier, executor: this.#executor, list: this.#list, supervisor: this.#supervisor, log });
    this.#locations = new Locations({
      executor: this.#executor.locations,
      log,
      report: (report) => void this.#outbox.add(report),
      neededVersions: (location) => this.#supervisor.neededVersions(location),
    });
    this.#connection = this.#openConnection();
    this.#drain = this.#openDrain(uploader);
    this.#once = config.once ? this.#openOnce(uploader) : null;
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
    const { reports, spoolBytes } = this.#outbox.backlog;
    return {
      connected: this.#connection.connected,
      problem: this.#connection.problem,
      activeAt: this.#connection.activeAt,
      draining: this.#drain.announcement?.reason ?? null,
      running: this.#supervisor.running.length,
      slots: this.#executor.capacity,
      workers: this.#executor.processes,
      workerDeaths: this.#executor.deaths,
      unacknowledged: reports,
      spoolBytes,
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

  #openOutbox(mask: Mask, resumes: boolean): Outbox {
    return new Outbox({
      limits: this.#timing,
      spool: new Spool(join(this.#folder.path, "spool"), this.#timing.spoolBytes),
      mask,
      now: this.#deps.now,
      resumes,
      journal: {
        resumed: (received) => this.#recovery.onNumbers(received),
        sent: (s, events) => this.#list.sent(s, events),
        acknowledged: (s, ended) => {
          this.#list.acknowledged(s);
          void this.#supervisor.endStored(ended);
        },
      },
    });
  }

  #openSupervisor(parts: Pick<SupervisorOptions, "uploader" | "mask" | "interruptedTicks">): Supervisor {
    return new Supervisor({
      ...parts,
      executor: this.#executor,
      list: this.#list,
      outbox: this.#outbox,
      sendTail: (tail) => {
        const connection = this.#connection;
        if (connection.connected && connection.backlog < TAIL_BACKLOG_BYTES) connection.send({ t: "tail", ...tail });
      },
      timing: this.#timing,
      now: this.#deps.now,
      log: this.#deps.log,
    });
  }

  #openConnection(): Connection {
    const { url, exitOnRefusal } = this.#config;
    const { log, now, random } = this.#deps;
    const handlers = this.#handlers();
    return new Connection({
      url,
      token: this.#token,
      exitOnRefusal,
      timing: this.#timing,
      log,
      now,
      random,
      hello: () => this.#hello(),
      onWelcome: (welcome) => this.#onWelcome(welcome),
      onFrame: (frame) => handleFrame(frame, { handlers, log }),
      onLost: () => this.#outbox.detach(),
    });
  }

  #hello(): Hello {
    const { queue, labels } = this.#config;
    return helloFrame({
      instance: this.#identity.instance,
      key: this.#identity.key,
      hostname: hostname(),
      queue,
      slots: this.#executor.capacity,
      running: [...this.#recovery.running, ...this.#supervisor.running],
      unacknowledged: this.#outbox.unacknowledged,
      labels: { ...this.#executor.labels, ...labels },
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
        // A pod does its one attempt, and needs no other version than that of the attempt.
        if (this.#once === null) this.#locations.setActive(locations);
        else this.#once.welcomed();
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
      job: (frame) => {
        this.#supervisor.accept(frame);
        this.#once?.begun();
      },
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

  #openOnce(uploads: LogUploader): OneAttempt {
    return new OneAttempt({
      whenIdle: () => this.#supervisor.whenIdle(),
      whenReported: async () => {
        await this.#outbox.whenEmpty(MAX_WAIT_MS);
        await uploads.whenIdle(this.#timing.farewellMs);
      },
      stop: (reason) => void this.#drain.start(reason),
    });
  }

  async #run(): Promise<AgentExit> {
    const { log } = this.#deps;
    const end = await this.#connection.run();
    await Promise.race([this.#supervisor.whenForgotten(), sleep(this.#timing.farewellMs, undefined, { ref: false })]);
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
