/** The configuration of an agent: flags first, then the environment. Every wrong value gives one sentence that says what to change. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { LOG_LEVELS, type LogLevel } from "@headgate/shared/domain/run/event.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { isLoopback } from "@headgate/shared/net/loopback.ts";

/** Where the agent token comes from. A file is read again at each connect. */
export type TokenSource = { readonly from: "value"; readonly value: string } | { readonly from: "file"; readonly path: string };

/** Everything that can be configured, checked and with defaults filled in. */
export interface AgentConfig {
  /** Base address of the control plane, without a trailing slash. */
  readonly url: string;
  readonly token: TokenSource;
  /** Further values that are hidden in what leaves this machine. */
  readonly hidden: readonly string[];
  /** Absolute. Blobs, versions, storage, spool and scratch folders live here. */
  readonly dataDir: string;
  readonly slots: number;
  readonly queue: string;
  readonly labels: Readonly<Record<string, string>>;
  /** A node_modules folder for packages that are not in a bundle. */
  readonly modules: string | null;
  /** Names of environment variables that workers get besides the basic ones; `PREFIX_*` and `*` are understood. */
  readonly workerEnv: readonly string[];
  readonly workerMemoryMb: number;
  /** Workers kept ready per active code location version. */
  readonly warmWorkers: number;
  /** Where steps run: in worker processes beside the agent, or each in a Kubernetes Job as the file with pod settings says. */
  readonly executor: { readonly kind: "process" } | { readonly kind: "kubernetes"; readonly podSettings: string };
  /** How long a stopping agent lets its steps finish. */
  readonly drainGraceMs: number;
  /** End the process when the control plane refuses the agent, instead of trying again every five minutes. */
  readonly exitOnRefusal: boolean;
  /** Do the one attempt that the token is good for, and end. */
  readonly once: boolean;
  /** Where probes and Prometheus ask for the health of the agent. Null: nowhere. */
  readonly health: { readonly host: string; readonly port: number } | null;
  readonly logLevel: LogLevel;
}

export const AGENT_USAGE = `Usage: headgate-agent [check] [options]
  check                connect once, say whether it works, end
  --url URL            control plane address                       HEADGATE_URL
  --token-file FILE    file with the agent token, re-read at each  HEADGATE_AGENT_TOKEN_FILE
                       connect; or the token itself in             HEADGATE_AGENT_TOKEN
  --insecure           allow http:// to another machine            HEADGATE_INSECURE=1
  --hide-file FILE     file with values to hide in logs, one       HEADGATE_HIDE_FILE
                       a line
  --data DIR           state folder                                HEADGATE_AGENT_DATA
  --slots N            steps at once (default: CPUs, at least 2)   HEADGATE_AGENT_SLOTS
  --queue NAME         agent queue (default: default)              HEADGATE_AGENT_QUEUE
  --label KEY=VALUE    label, repeatable                           HEADGATE_AGENT_LABELS (a=b,c=d)
  --modules DIR        node_modules for packages not bundled       HEADGATE_MODULES
  --env NAMES          variables given to workers: A,B_*,*         HEADGATE_WORKER_ENV
  --worker-memory MB   heap limit of one worker                    HEADGATE_WORKER_MEMORY
  --warm N             workers kept ready per code location        HEADGATE_WARM_WORKERS
  --executor KIND      process, or kubernetes: a Job for each step  HEADGATE_EXECUTOR
  --pods FILE          pod settings of the Jobs, as JSON           HEADGATE_POD_SETTINGS
  --grace SECONDS      time for running steps when stopping        HEADGATE_AGENT_GRACE
  --exit-on-refusal    exit when the token or version is refused   HEADGATE_AGENT_EXIT_ON_REFUSAL=1
  --health-port PORT   serve /livez, /readyz and /metrics here;     HEADGATE_HEALTH_PORT
                       HEADGATE_HEALTH_HOST is the address to
                       listen on (default: 0.0.0.0)
  --log-level LEVEL    debug, info, warn or error                  HEADGATE_LOG_LEVEL`;

const OPTIONS = {
  url: { type: "string" },
  "token-file": { type: "string" },
  insecure: { type: "boolean" },
  "hide-file": { type: "string" },
  data: { type: "string" },
  slots: { type: "string" },
  queue: { type: "string" },
  label: { type: "string", multiple: true },
  modules: { type: "string" },
  env: { type: "string" },
  "worker-memory": { type: "string" },
  warm: { type: "string" },
  executor: { type: "string" },
  pods: { type: "string" },
  grace: { type: "string" },
  "exit-on-refusal": { type: "boolean" },
  "health-port": { type: "string" },
  "log-level": { type: "string" },
} as const;

type Env = Readonly<Record<string, string | undefined>>;

/** The configuration, or an error with one line for each wrong value. */
export function parseAgentConfig(args: readonly string[], env: Env): Result<AgentConfig> {
  let flags;
  try {
    flags = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false }).values;
  } catch (error) {
    return refuse("invalid_input", `${error instanceof Error ? error.message : String(error)}\n${AGENT_USAGE}`);
  }
  const problems: string[] = [];
  const text = (flag: string | undefined, name: string): string | undefined => {
    const value = flag ?? env[name];
    return value === undefined || value === "" ? undefined : value;
  };
  const count = (flag: string | undefined, name: string, limits: { fallback: number; min: number; max: number }): number => {
    const raw = text(flag, name);
    if (raw === undefined) return limits.fallback;
    const value = Number(raw);
    if (Number.isInteger(value) && value >= limits.min && value <= limits.max) return value;
    problems.push(`${name} is '${raw}', but must be a whole number from ${limits.min} to ${limits.max}.`);
    return limits.fallback;
  };

  const isOn = (flag: boolean | undefined, name: string): boolean => flag ?? ["1", "true"].includes(env[name] ?? "");
  const url = parseUrl(text(flags.url, "HEADGATE_URL"), { insecure: isOn(flags.insecure, "HEADGATE_INSECURE"), problems });
  const tokenFile = text(flags["token-file"], "HEADGATE_AGENT_TOKEN_FILE");
  const tokenValue = text(undefined, "HEADGATE_AGENT_TOKEN");
  let token: TokenSource = { from: "value", value: "" };
  if (tokenFile !== undefined) token = { from: "file", path: resolve(tokenFile) };
  else if (tokenValue !== undefined) token = { from: "value", value: tokenValue.trim() };
  else problems.push("No agent token: set HEADGATE_AGENT_TOKEN, or name a file with --token-file.");

  const slots = count(flags.slots, "HEADGATE_AGENT_SLOTS", { fallback: Math.max(2, availableParallelism()), min: 1, max: 1000 });
  const level = text(flags["log-level"], "HEADGATE_LOG_LEVEL") ?? "info";
  const logLevel = LOG_LEVELS.find((entry) => entry === level);
  if (logLevel === undefined) problems.push(`HEADGATE_LOG_LEVEL is '${level}', but must be one of ${LOG_LEVELS.join(", ")}.`);
  const modules = text(flags.modules, "HEADGATE_MODULES");
  const config: AgentConfig = {
    url,
    token,
    hidden: readHidden(text(flags["hide-file"], "HEADGATE_HIDE_FILE"), problems),
    dataDir: resolve(text(flags.data, "HEADGATE_AGENT_DATA") ?? ".headgate/agent"),
    slots,
    queue: text(flags.queue, "HEADGATE_AGENT_QUEUE") ?? "default",
    labels: parseLabels(flags.label ?? text(undefined, "HEADGATE_AGENT_LABELS")?.split(",") ?? [], problems),
    modules: modules === undefined ? null : resolve(modules),
    workerEnv: (text(flags.env, "HEADGATE_WORKER_ENV") ?? "")
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
    workerMemoryMb: count(flags["worker-memory"], "HEADGATE_WORKER_MEMORY", { fallback: defaultMemoryMb(slots), min: 64, max: 1_000_000 }),
    warmWorkers: count(flags.warm, "HEADGATE_WARM_WORKERS", { fallback: Math.min(2, slots), min: 0, max: 100 }),
    executor: chooseExecutor(
      { kind: text(flags.executor, "HEADGATE_EXECUTOR") ?? "process", podSettings: text(flags.pods, "HEADGATE_POD_SETTINGS") },
      problems,
    ),
    drainGraceMs: count(flags.grace, "HEADGATE_AGENT_GRACE", { fallback: 25, min: 0, max: 86_400 }) * 1000,
    exitOnRefusal: isOn(flags["exit-on-refusal"], "HEADGATE_AGENT_EXIT_ON_REFUSAL"),
    once: isOn(undefined, "HEADGATE_AGENT_ONCE"),
    health: parseHealth(count(flags["health-port"], "HEADGATE_HEALTH_PORT", { fallback: 0, min: 1, max: 65_535 }), env),
    logLevel: logLevel ?? "info",
  };
  return problems.length === 0 ? ok(config) : refuse("invalid_input", problems.join("\n"));
}

function chooseExecutor(
  { kind, podSettings }: { readonly kind: string; readonly podSettings: string | undefined },
  problems: string[],
): AgentConfig["executor"] {
  if (kind === "kubernetes" && podSettings !== undefined) return { kind, podSettings: resolve(podSettings) };
  if (kind === "kubernetes")
    problems.push("HEADGATE_EXECUTOR is 'kubernetes', so HEADGATE_POD_SETTINGS must name the file with the pod settings.");
  else if (kind !== "process") problems.push(`HEADGATE_EXECUTOR is '${kind}', but must be process or kubernetes.`);
  return { kind: "process" };
}

/** Without a port there is no listener. */
function parseHealth(port: number, env: Env): AgentConfig["health"] {
  const host = env["HEADGATE_HEALTH_HOST"] ?? "";
  return port === 0 ? null : { host: host === "" ? "0.0.0.0" : host, port };
}

function readHidden(path: string | undefined, problems: string[]): readonly string[] {
  if (path === undefined) return [];
  try {
    return readFileSync(path, "utf8")
      .split(/\r?\n/)
      .filter((line) => line !== "");
  } catch (error) {
    problems.push(`The file ${path} of HEADGATE_HIDE_FILE cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

/** Read anew at each connect, so that a rotated token needs no restart. */
export function readToken(source: TokenSource): Result<string> {
  if (source.from === "value") return ok(source.value);
  try {
    const value = readFileSync(source.path, "utf8").trim();
    return value === "" ? refuse("unauthenticated", `The token file ${source.path} is empty.`) : ok(value);
  } catch (error) {
    return refuse(
      "unauthenticated",
      `The token file ${source.path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function parseUrl(raw: string | undefined, { insecure, problems }: { readonly insecure: boolean; readonly problems: string[] }): string {
  if (raw === undefined) {
    problems.push("No control plane address: set HEADGATE_URL or --url, e.g. https://headgate.example.com.");
    return "";
  }
  if (URL.canParse(raw) && ["http:", "https:"].includes(new URL(raw).protocol)) {
    const { protocol, hostname } = new URL(raw);
    if (protocol === "http:" && !insecure && !isLoopback(hostname))
      problems.push(
        `HEADGATE_URL is '${raw}': over http:// everyone on the way could read the agent token and change the code. Use https://, or --insecure in a network that you trust.`,
      );
    return raw.replace(/\/+$/, "");
  }
  problems.push(`HEADGATE_URL is '${raw}', but must begin with http:// or https://.`);
  return "";
}

function parseLabels(entries: readonly string[], problems: string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const entry of entries.filter((text) => text.trim() !== "")) {
    const at = entry.indexOf("=");
    if (at <= 0) problems.push(`The label '${entry}' must have the form KEY=VALUE.`);
    else labels[entry.slice(0, at).trim()] = entry.slice(at + 1).trim();
  }
  return labels;
}

/** A worker may not take so much that all slots together exceed the machine. */
function defaultMemoryMb(slots: number): number {
  return Math.round(Math.max(512, Math.min(4096, (totalmem() / 1024 / 1024) * (0.8 / slots))));
}

/** Tells control planes and tokens apart without showing the token. */
export function serverFingerprint({ url, token }: Pick<AgentConfig, "url" | "token">): string {
  const read = readToken(token);
  return createHash("sha256")
    .update(`${url}\n${read.ok ? read.value : ""}`)
    .digest("hex")
    .slice(0, 16);
}
