/** Trino as a resource: opened for one step attempt, in whose name its statements run. */
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import { SETTING } from "../../options/common-rules.ts";
import { captureSite } from "../../options/definition-site.ts";
import { type Duration, millisecondsOf } from "../../options/duration.ts";
import { envNames, type EnvValue } from "../../values/env-value.ts";
import { defineResource, type Resource, type ResourceContext } from "../../definitions/resource.ts";
import { createTrino, type Trino, type TrinoClient } from "./client.ts";
import type { BigintMode } from "./decode.ts";
import { timesOf } from "./old-names.ts";
import type { SessionProperties } from "./session-state.ts";
import { authSettings, endpointOf, settingReader, type ConnectionSettings, type TrinoAuth } from "./settings.ts";
import { TrinoTransport } from "./transport.ts";

/** Options of `trinoResource`. */
export interface TrinoOptions<K extends string = string> {
  /** Default `trino`. */
  readonly key?: K | undefined;
  /** Address, also with a path in front of Trino's own: `https://trino.example.com:8443`. */
  readonly url?: EnvValue | undefined;
  /** Instead of `url`. Default `127.0.0.1`. */
  readonly host?: EnvValue | undefined;
  /** Default 8080, with https 443. */
  readonly port?: number | EnvValue | undefined;
  /** True: `host` is reached over https. Default false; with `url`, its scheme counts. */
  readonly https?: boolean | undefined;
  /** Default `headgate`. */
  readonly user?: EnvValue | undefined;
  /** How to sign in. Default: with the user's name only. */
  readonly auth?: TrinoAuth | undefined;
  /** Certificate authority of the server, as a PEM text or a file of the project. Default: those that Node knows. */
  readonly ca?: EnvValue | undefined;
  /** Catalog of names without one. */
  readonly catalog?: EnvValue | undefined;
  /** Schema of names without one. */
  readonly schema?: EnvValue | undefined;
  /** Session properties of every statement. */
  readonly session?: SessionProperties | undefined;
  /** Catalog (or `system`) -> role. */
  readonly roles?: Readonly<Record<string, string>> | undefined;
  /** Shown in Trino's dashboard and used by resource groups. Default `headgate`. */
  readonly source?: string | undefined;
  /** Added to the tags of run, step and asset. */
  readonly tags?: readonly string[] | undefined;
  /** Default `UTC`. */
  readonly timeZone?: string | undefined;
  /** Further headers, e.g. for a gateway. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What a `bigint` becomes: a number where that is exact (`auto`), always a `bigint`, or always a `number`. */
  readonly bigints?: BigintMode | undefined;
  /** Time limit of a statement, after which it is cancelled and fails. Default: the time limit of the step. */
  readonly deadline?: Duration | undefined;
  /** How long to wait for a Trino that is down, restarting or overloaded. Default 60 seconds. */
  readonly patience?: Duration | undefined;
  /** Time without a single byte after which a connection counts as broken. Default 30 seconds. */
  readonly idleTimeout?: Duration | undefined;
  /** How often a slow consumer keeps its query alive, so that Trino does not drop the remaining rows. Default 30 seconds. */
  readonly heartbeat?: Duration | undefined;
  /**
   * The deadline in seconds.
   *
   * @deprecated Use `deadline`.
   */
  readonly deadlineSeconds?: number | undefined;
  /**
   * The patience in seconds.
   *
   * @deprecated Use `patience`.
   */
  readonly patienceSeconds?: number | undefined;
  /**
   * The idle timeout in seconds.
   *
   * @deprecated Use `idleTimeout`.
   */
  readonly idleSeconds?: number | undefined;
  /**
   * The heartbeat in seconds.
   *
   * @deprecated Use `heartbeat`.
   */
  readonly heartbeatSeconds?: number | undefined;
  /** Level of the lines about queries in the step's log. Default `info`. */
  readonly log?: "info" | "debug" | undefined;
}

const TRINO: OptionRules<TrinoOptions> = {
  key: "text",
  url: SETTING,
  host: SETTING,
  port: ["number", ...SETTING],
  https: "boolean",
  user: SETTING,
  auth: "object",
  ca: SETTING,
  catalog: SETTING,
  schema: SETTING,
  session: "object",
  roles: "object",
  source: "text",
  tags: "list",
  timeZone: "text",
  headers: "object",
  bigints: "text",
  deadline: "duration",
  patience: "duration",
  idleTimeout: "duration",
  heartbeat: "duration",
  deadlineSeconds: "number",
  patienceSeconds: "number",
  idleSeconds: "number",
  heartbeatSeconds: "number",
  log: { oneOf: ["info", "debug"] },
};
const PATIENCE_SECONDS = 60;
const IDLE_SECONDS = 30;
/** Trino forgets a query whose client is silent for minutes. */
const HEARTBEAT_SECONDS = 30;
/** Servers limit the size of headers. */
const MAX_ASSET_TAGS = 20;

/**
 * A Trino server. Statements run in the name of the step: with tags for run, step and asset, cancelled when the step is, or when its
 * process dies.
 *
 * @example
 * export const trino = trinoResource({
 *   url: { env: "TRINO_URL" },
 *   user: "etl",
 *   auth: { type: "basic", password: { env: "TRINO_PASSWORD" } },
 *   catalog: "lakehouse",
 * });
 * // in an asset with `requires: [trino]`:
 * for await (const { id, total } of resources.trino.query<{ id: number; total: string }>("select id, total from gold.orders where day = date(?)", [day])) {
 *   log.info("order", { id, total });
 * }
 */
export function trinoResource<const K extends string = "trino">(options: TrinoOptions<K> = {}): Resource<K, Trino> {
  checkOptions(options, TRINO, { call: "trinoResource", definer: trinoResource, what: "Resource" });
  const key = (options.key ?? "trino") as K;
  const times = timesOf(options, { call: "trinoResource", site: captureSite(trinoResource) });
  const { url, host, port, user, ca, catalog, schema } = options;
  const portSetting = typeof port === "number" ? undefined : port;
  return defineResource({
    key,
    kind: "trino",
    env: [...new Set(envNames({ url, host, port: portSetting, user, ca, catalog, schema, ...authSettings(options.auth) }))],
    setup: (context): Trino => openTrino(key, { ...options, ...times }, context),
    teardown: (trino) => (trino as TrinoClient).close(),
  });
}

function openTrino(key: string, options: TrinoOptions, context: ResourceContext): TrinoClient {
  const { env, folders, log, signal, run, step } = context;
  const read = settingReader(key, env);
  const optional = (what: string, setting: EnvValue | undefined): string | undefined =>
    setting === undefined ? undefined : read(what, setting);
  const settings: ConnectionSettings = options;
  return createTrino({
    transport: new TrinoTransport({
      endpoint: endpointOf(settings, read, folders.root),
      log,
      patienceMs: millisecondsOf(options.patience ?? PATIENCE_SECONDS, "patience"),
      idleMs: millisecondsOf(options.idleTimeout ?? IDLE_SECONDS, "idleTimeout"),
    }),
    session: {
      catalog: optional("catalog", options.catalog),
      schema: optional("schema", options.schema),
      properties: options.session ?? {},
      roles: Object.fromEntries(Object.entries(options.roles ?? {}).map(([catalog, role]) => [catalog, roleText(role)])),
    },
    source: options.source ?? "headgate",
    tags: [
      ...(run ? [`run:${run.id}`] : []),
      ...(step === undefined ? [] : [`step:${step}`]),
      ...(run?.assets ?? []).slice(0, MAX_ASSET_TAGS).map((asset) => `asset:${asset}`),
      ...(options.tags ?? []),
    ],
    traceToken: run?.id,
    timeZone: options.timeZone ?? "UTC",
    headers: options.headers ?? {},
    bigints: options.bigints ?? "auto",
    deadlineMs: options.deadline === undefined ? undefined : millisecondsOf(options.deadline, "deadline"),
    heartbeatMs: millisecondsOf(options.heartbeat ?? HEARTBEAT_SECONDS, "heartbeat"),
    log,
    logLevel: options.log ?? "info",
    signal,
  });
}

function roleText(role: string): string {
  return /^(ALL|NONE|ROLE\{.*\})$/.test(role) ? role : `ROLE{${role}}`;
}
