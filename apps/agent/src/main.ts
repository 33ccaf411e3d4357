/** Puts the agent together: outbox and connection on one side, supervisor and workers on the other, and the way it stops. */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { assertNever } from "@headgate/shared/domain/assert.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { secretVariables } from "@headgate/shared/domain/secret-variables.ts";
import { uuidv7 } from "@headgate/shared/ids.ts";
import type { DownFrame } from "@headgate/shared/protocol/down.ts";
import type { Hello } from "@headgate/shared/protocol/up.ts";
import { PROTOCOL_OLDEST_SUPPORTED, PROTOCOL_VERSION } from "@headgate/shared/protocol/version.ts";
import { errorText, type AgentLog } from "./agent-log.ts";
import type { AgentConfig } from "./config.ts";
import { Connection, type ConnectionEnd } from "./connection/connection.ts";
import { Outbox } from "./connection/outbox.ts";
import type { Welcome } from "./connection/session.ts";
import { Spool } from "./connection/spool.ts";
import { openInstanceFolder } from "./instance-folder.ts";
import { LogUploader } from "./logs/log-uploader.ts";
import { maskOf } from "./logs/mask.ts";
import { DEFAULT_TIMING, type AgentTiming } from "./timing.ts";
import { BlobStore } from "./versions/blob-store.ts";
import { ControlPlaneHttp } from "./versions/control-plane-http.ts";
import { VersionStore } from "./versions/version-store.ts";
import { Locations } from "./work/locations.ts";
import { Supervisor } from "./work/supervisor.ts";
import { WorkerPool } from "./workers/pool.ts";
import { workerEnv } from "./workers/worker-env.ts";

export const AGENT_VERSION = "0.1.0";
const KEPT_VERSIONS = 3;
const CLOCK_SKEW_MS = 5000;
/** Live lines are dropped rather than queued behind a slow connection. */
const TAIL_BACKLOG_BYTES = 1024 * 1024;

export interface AgentDeps {
  readonly log: AgentLog;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The module each worker process runs. */
  readonly workerMain: URL;
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly timing?: Partial<AgentTiming> | undefined;
}

export type AgentExit = Pick<ConnectionEnd, "message"> & { readonly exit: ConnectionEnd["exit"] };

export interface AgentHandle {
  /** Identity of this process towards the control plane. */
  readonly instance: string;
  /** Resolves when the agent is over: stopped, refused (if so configured) or replaced. All its processes are gone then. */
  readonly exited: Promise<AgentExit>;
  /** No new work; running steps get the grace time, then are stopped and reported; then the connection closes. */
  stop(reason: string): Promise<void>;
  /** Ends every worker at once, for a second Ctrl-C. */
  kill(): void;
  /** A plain picture of the inner state, for people and tests. */
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
  const { log, now, random } = deps;
  const timing: AgentTiming = { ...DEFAULT_TIMING, ...deps.timing };
  const newInstance = (): string => uuidv7(now(), randomBytes(16));
  let instance = newInstance();
  const folder = openDataFolder(config.dataDir, instance);

  const http = new ControlPlaneHttp({ url: config.url, token: config.token, random });
  const versions = new VersionStore({
    dir: join(config.dataDir, "versions"),
    buildDir: folder.building,
    modules: config.modules,
    http,
    blobs: new BlobStore(join(config.dataDir, "blobs"), http),
    keep: KEPT_VERSIONS,
    now,
  });
  const pool = new WorkerPool({
    main: deps.workerMain,
    env: workerEnv(deps.env, config.workerEnv),
    memoryMb: config.workerMemoryMb,
    warm: config.warmWorkers,
    timing,
    log,
    onWorker: folder.noteWorker,
  });
  const mask = maskOf(secretVariables(deps.env).map(({ value }) => value));
  const outbox = new Outbox({
    limits: timing,
    spool: new Spool(folder.spool, timing.spoolBytes),
    mask,
    now,
  });
  const uploader = new LogUploader({ http, timing, log, random });
  const supervisor = new Supervisor({
    dataDir: config.dataDir,
    scratchDir: folder.scratch,
    slots: config.slots,
    versions,
    pool,
    uploader,
    mask,
    report: (report) => outbox.add(report),
    sendTail: (tail) => {
      if (connection.connected && connection.backlog < TAIL_BACKLOG_BYTES) connection.send({ t: "tail", ...tail });
    },
    timing,
    now,
    log,
  });
  const locations = new Locations({
    versions,
    pool,
    log,
    report: (report) => outbox.add(report),
    neededVersions: (location) => supervisor.neededVersions(location),
  });

  const connection = new Connection({
    url: config.url,
    token: config.token,
    exitOnRefusal: config.exitOnRefusal,
    timing,
    log,
    now,
    random,
    hello: () => ({
      t: "hello",
      protocol: { min: PROTOCOL_OLDEST_SUPPORTED, max: PROTOCOL_VERSION },
      agentVersion: AGENT_VERSION,
      instance,
      hostname: hostname(),
      queue: config.queue,
      slots: config.slots,
      running: supervisor.running,
      unacknowledged: outbox.unacknowledged,
      labels: { ...config.labels },
      locations: locations.states,
    }),
    onWelcome: (welcome) => onWelcome(welcome),
    onFrame: (frame) => onFrame(frame),
    onLost: () => outbox.detach(),
  });

  function onWelcome(welcome: Welcome): void {
    if (outbox.attach((frame) => connection.sendText(frame), welcome.received) === "foreign") {
      // The control plane's state was reset or restored: its numbers do not continue ours.
      log.warn("the control plane does not know this agent's reports; going on under a new identity", {
        received: welcome.received,
        ...outbox.numbers,
      });
      instance = newInstance();
      outbox.renumber();
      return connection.reconnect();
    }
    log.info("connected", {
      url: config.url,
      agent: welcome.agent,
      deployment: `${welcome.deployment.org}/${welcome.deployment.name}`,
      protocol: welcome.protocol,
    });
    const skewMs = now() - welcome.serverTime;
    if (Math.abs(skewMs) > CLOCK_SKEW_MS) log.warn("this machine's clock differs from the control plane's", { skewMs });
    if (draining !== null) connection.send(draining);
    supervisor.drop(welcome.drop);
    locations.setActive(welcome.locations);
  }

  function onFrame(frame: Exclude<DownFrame, Welcome>): void {
    switch (frame.t) {
      case "ack":
        connection.progressed();
        return outbox.ack(frame.s);
      case "job":
        return supervisor.accept(frame);
      case "cancel":
        return supervisor.cancel(frame, frame);
      case "tick":
        return supervisor.acceptTick(frame);
      case "load":
        return locations.load(frame.location, frame.version);
      case "tail":
        return supervisor.tail(frame, frame.on);
      case "drain":
        return void stop(frame.reason);
      case "error":
        return log.error("the control plane reports an error", { code: frame.code, error: frame.message });
      default:
        return assertNever(frame);
    }
  }

  let draining: { readonly t: "draining"; readonly reason: string; readonly deadlineMs: number } | null = null;
  let stopped: Promise<void> | null = null;
  function stop(reason: string): Promise<void> {
    stopped ??= drainAndClose(reason);
    return stopped;
  }

  async function drainAndClose(reason: string): Promise<void> {
    log.info("draining", { reason, running: supervisor.running.length, graceMs: config.drainGraceMs });
    draining = { t: "draining", reason, deadlineMs: config.drainGraceMs };
    supervisor.drain();
    if (connection.connected) connection.send(draining);
    const grace = setTimeout(() => supervisor.stopAll({ kind: "shutdown", reason }, timing.timeoutGraceMs), config.drainGraceMs);
    await supervisor.whenIdle();
    clearTimeout(grace);
    await Promise.all([connection.connected ? outbox.whenEmpty(timing.farewellMs) : undefined, uploader.whenIdle(timing.farewellMs)]);
    connection.stop();
  }

  const exited = connection.run().then(async (end): Promise<AgentExit> => {
    await pool.close();
    outbox.close();
    folder.remove();
    if (end.exit === "stopped") log.info("stopped");
    else log.error(end.message, { exit: end.exit });
    return end;
  });
  return {
    instance,
    exited,
    stop: async (reason) => {
      await stop(reason);
      await exited;
    },
    kill: () => pool.kill(),
    snapshot: () => ({
      connected: connection.connected,
      running: supervisor.running.length,
      workers: pool.processes,
      nextItem: outbox.numbers.next,
      acknowledged: outbox.numbers.acknowledged,
      locations: locations.states,
    }),
  };
}

function openDataFolder(dataDir: string, instance: string): ReturnType<typeof openInstanceFolder> {
  try {
    mkdirSync(dataDir, { recursive: true });
    return openInstanceFolder(dataDir, instance);
  } catch (error) {
    throw new AppError(
      "invalid_input",
      `The agent's data folder ${dataDir} cannot be used: ${errorText(error)}. Choose another with --data.`,
      { cause: error },
    );
  }
}
