/** One process of a container, from its start to its exit code: output into a log file, memory limit, last words. */
import { spawn } from "node:child_process";
import { chmodSync, createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { environmentOf } from "./environment.mjs";
import { microTime, quantity, timestamp } from "./formats.mjs";
import { overlayCommand, plainCommand } from "./isolation.mjs";
import { residentBytes, signal, tree } from "./processes.mjs";
import { NotReady } from "./volumes.mjs";

const MEMORY_CHECK_MS = 50;
/** unshare cannot pass a SIGKILL of its child on: it says this and exits with 1. */
const KILLED_CHILD = "unshare: sigprocmask unblock failed";

export class ContainerProcess {
  #child;
  #isolate;
  #killed = false;
  #outOfMemory = false;

  /** Resolves when the process runs; rejects with `NotReady` when the pod must wait. */
  static async start(context, { container, image, restarts, isolate }) {
    const { pod } = context;
    const { env, expand } = await environmentOf(context, { container, image });
    const given = container.args ?? (container.command ? [] : (image.cmd ?? []));
    const argv = [...(container.command ?? image.entrypoint ?? []), ...given].map(expand);
    if (argv.length === 0) throw new Error("no command specified");
    const security = { ...pod.spec.securityContext, ...container.securityContext };
    const user = userOf(security, image);
    const base = join(context.podFolder, `${container.name}.${restarts}`);
    mkdirSync(base, { recursive: true });
    const termination = join(base, "termination-log");
    writeFileSync(termination, "");
    chmodSync(termination, 0o666);
    const mounts = (container.volumeMounts ?? []).map(({ name, subPath = "", mountPath, readOnly = false }) => {
      const volume = pod.spec.volumes.find((entry) => entry.name === name);
      return { source: join(volume.hostPath?.path ?? join(context.folder, name), subPath), path: mountPath, readOnly };
    });
    const workdir = container.workingDir ?? image.workdir ?? "/";
    const shared = { base, mounts, argv, workdir, user, security, termination, hostname: pod.metadata.name };
    const { command, root } =
      isolate === "overlay"
        ? overlayCommand({ ...shared, rootfs: image.rootfs ?? "/", terminationPath: container.terminationMessagePath })
        : plainCommand(shared);
    if (isolate !== "overlay") env.LOCAL_KUBELET_ROOT = root;
    const cwd = isolate !== "overlay" && existsSync(workdir) ? workdir : "/";
    const child = spawn(command[0], command[1], { env, cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const running = new ContainerProcess({ child, container, isolate, root, termination, logPath: join(base, "log") });
    await new Promise((resolve, reject) => {
      child.on("spawn", resolve);
      child.on("error", (error) => reject(new Error(`failed to create containerd task: ${error.message}`)));
    });
    return running;
  }

  constructor({ child, container, isolate, root, termination, logPath }) {
    this.#child = child;
    this.#isolate = isolate;
    this.root = root;
    this.logPath = logPath;
    this.startedAt = timestamp();
    const output = createWriteStream(logPath);
    for (const stream of ["stdout", "stderr"]) this.#copy(stream, output);
    const closed = new Promise((resolve) => {
      child.on("close", (code, name) => resolve({ code, name }));
    });
    const meter = this.#meter(container);
    /** -> { terminated }, once. */
    this.ended = closed.then(async ({ code, name }) => {
      clearInterval(meter);
      await new Promise((resolve) => {
        output.end(resolve);
      });
      return this.#terminated({ code: this.#killed ? null : code, name: this.#killed ? "SIGKILL" : name, container, termination });
    });
  }

  /** The processes of the container, the first one first; under `unshare` that is its child. */
  get pids() {
    const all = this.#child.exitCode === null && this.#child.signalCode === null ? tree(this.#child.pid) : [];
    return this.#isolate === "overlay" ? all.slice(1) : all;
  }

  kill(name) {
    for (const pid of this.pids.toReversed()) signal(pid, name);
  }

  /** SIGTERM to the first process, SIGKILL to all after the grace time. */
  async terminate(graceSeconds) {
    signal(this.pids[0] ?? this.#child.pid, "SIGTERM");
    const timer = setTimeout(() => {
      this.kill("SIGKILL");
      signal(this.#child.pid, "SIGKILL");
    }, graceSeconds * 1000);
    await this.ended;
    clearTimeout(timer);
  }

  #copy(stream, output) {
    let rest = "";
    const write = (line) => output.write(`${microTime()} ${stream} F ${line}\n`);
    this.#child[stream].setEncoding("utf8").on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (stream === "stderr" && this.#isolate === "overlay" && line.startsWith(KILLED_CHILD)) this.#killed = true;
        else write(line);
      }
    });
    this.#child[stream].on("end", () => rest !== "" && write(rest));
  }

  #meter({ resources }) {
    const limit = resources?.limits?.memory === undefined ? null : quantity(resources.limits.memory);
    if (limit === null) return undefined;
    return setInterval(() => {
      if (this.pids.reduce((sum, pid) => sum + residentBytes(pid), 0) <= limit) return;
      this.#outOfMemory = true;
      this.kill("SIGKILL");
    }, MEMORY_CHECK_MS);
  }

  #terminated({ code, name, container, termination }) {
    const exitCode = code ?? 128 + (constants.signals[name] ?? 0);
    const said = readFileSync(termination, "utf8").slice(0, 4096);
    const fallsBack = said === "" && exitCode !== 0 && container.terminationMessagePolicy === "FallbackToLogsOnError";
    const message = fallsBack ? lastLines(this.logPath) : said;
    return {
      exitCode,
      ...(name !== null && !this.#outOfMemory && { signal: constants.signals[name] }),
      reason: this.#outOfMemory ? "OOMKilled" : exitCode === 0 ? "Completed" : "Error",
      startedAt: this.startedAt,
      finishedAt: timestamp(),
      ...(message !== "" && { message }),
    };
  }
}

function userOf({ runAsUser, runAsGroup, runAsNonRoot }, image) {
  const [imageUid, imageGid = 0] = (image.user ?? "0:0").split(":").map(Number);
  const user = { uid: runAsUser ?? imageUid, gid: runAsGroup ?? imageGid };
  if (runAsNonRoot === true && user.uid === 0)
    throw new NotReady("container has runAsNonRoot and image will run as root", "CreateContainerConfigError");
  return user;
}

/** As the kubelet cuts them: 80 lines, 2048 bytes. */
function lastLines(logPath) {
  const lines = readFileSync(logPath, "utf8").split("\n").slice(-81, -1);
  return lines
    .map((line) => line.split(" ").slice(3).join(" "))
    .join("\n")
    .slice(-2048);
}
