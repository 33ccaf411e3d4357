/** dbt as a resource: run any command of it from an asset of your own. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { checkOptions, type OptionRules } from "../../options/check-options.ts";
import { captureSite } from "../../options/definition-site.ts";
import { deprecated } from "../../options/deprecated.ts";
import { defineResource, type Resource, type ResourceNeeds } from "../../definitions/resource.ts";
import type { Env } from "../../values/log.ts";
import { lockAll } from "./execution/execute.ts";
import { notesOfFiles, problemsOfFiles } from "./graph/check-files.ts";
import { readProjectFiles } from "./graph/fingerprint.ts";
import { noProject } from "./graph/load-graph.ts";
import { publishedFolders } from "./graph/load-project.ts";
import { storageParseCache } from "./graph/parse-cache.ts";
import { placeOf, resolveProject, type DbtProject } from "./project.ts";
import { runDbt } from "./execution/run-dbt.ts";

/** Arguments of a dbt command. */
export interface DbtCommandOptions {
  /** dbt's selection syntax: `dim_customer+`, `tag:daily`. */
  readonly select?: string | undefined;
  /** What `select` would contain but the command must not touch. */
  readonly exclude?: string | undefined;
  /** dbt variables. */
  readonly vars?: Readonly<Record<string, unknown>> | undefined;
  /** True: rebuilds incremental models. Default false. */
  readonly fullRefresh?: boolean | undefined;
  /** Further arguments, as on the command line. */
  readonly args?: readonly string[] | undefined;
}

/** What came of one node. */
export interface DbtNodeResult {
  /** dbt's id of the node: `model.shop.orders`. */
  readonly uniqueId: string;
  /** `success`, `error`, `skipped`, `pass`, `warn`, `fail`, `no-op`. */
  readonly status: string;
  /** What dbt said about it; may be empty. */
  readonly message: string;
  /** How long it took; null when dbt does not say. */
  readonly seconds: number | null;
  /** Rows that a test found; null for other nodes. */
  readonly failures: number | null;
}

/** What a dbt command did. */
export interface DbtCommandResult {
  /** Every node that it touched, in the order in which they ended. */
  readonly nodes: readonly DbtNodeResult[];
}

/** What `resources.dbt` is in `run`. Every method fails when dbt does; its log lines appear in the run. */
export interface Dbt {
  /** `dbt run`. */
  run(options?: DbtCommandOptions): Promise<DbtCommandResult>;
  /** `dbt build`. */
  build(options?: DbtCommandOptions): Promise<DbtCommandResult>;
  /** `dbt test`. */
  test(options?: DbtCommandOptions): Promise<DbtCommandResult>;
  /** `dbt seed`. */
  seed(options?: DbtCommandOptions): Promise<DbtCommandResult>;
  /** Any other command: `invoke("snapshot")`, `invoke("run-operation", { args: ["grant_all"] })`. */
  invoke(command: string, options?: DbtCommandOptions): Promise<DbtCommandResult>;
}

/** Options of `dbtResource`. */
export interface DbtResourceOptions<K extends string = string> {
  /** The project whose commands run; made with `dbtProject`. */
  readonly project: DbtProject;
  /** Key of the resource. Default `dbt`. */
  readonly key?: K | undefined;
}

const DBT_RESOURCE: OptionRules<DbtResourceOptions> = { project: "object", key: "text" };

/**
 * A dbt project as a resource, for assets that run dbt themselves.
 *
 * @example
 * export const dbt = dbtResource({ project });
 * export const dimCustomer = defineAsset({
 *   key: "silver/dim_customer",
 *   requires: [dbt],
 *   run: async ({ resources }) => void (await resources.dbt.run({ select: "dim_customer" })),
 * });
 */
export function dbtResource<const K extends string = "dbt">(options: DbtResourceOptions<K>): Resource<K, Dbt>;
/** @deprecated Write `dbtResource({ project, ... })`. */
export function dbtResource<const K extends string = "dbt">(
  project: DbtProject,
  options?: Omit<DbtResourceOptions<K>, "project">,
): Resource<K, Dbt>;
export function dbtResource<const K extends string>(
  first: DbtResourceOptions<K> | DbtProject,
  others: Omit<DbtResourceOptions<K>, "project"> = {},
): Resource<K, Dbt> {
  if (!("dir" in Object(first)))
    checkOptions(first, DBT_RESOURCE, { call: "dbtResource", definer: dbtResource, what: "Resource", needs: ["project"] });
  if ("project" in first) return createDbtResource(first);
  const names = Object.keys(others);
  deprecated({
    site: captureSite(dbtResource),
    old: `dbtResource(${["project", ...(names.length > 0 ? [`{ ${names.join(", ")} }`] : [])].join(", ")})`,
    use: `dbtResource({ ${["project", ...names].join(", ")} })`,
  });
  return createDbtResource({ ...others, project: first });
}

function createDbtResource<const K extends string>({ project, key }: DbtResourceOptions<K>): Resource<K, Dbt> {
  const resource = defineResource({
    key: (key ?? "dbt") as K,
    kind: "dbt",
    setup: ({ folders, env, log, signal, emit }): Dbt => {
      let count = 0;
      const invoke = async (command: string, given: DbtCommandOptions = {}): Promise<DbtCommandResult> => {
        const resolved = resolveProject(project, { folders, env });
        if (!resolved.ok) throw new AppError("user_code", `${resolved.message} ${resolved.hint}`);
        const nodes: DbtNodeResult[] = [];
        const problems: string[] = [];
        const scratch = join(folders.scratch, `dbt-${++count}`);
        const exit = await runDbt({
          project: resolved.project,
          command: [command, ...commandArgs({ ...given, ...(given.vars && { vars: { ...project.vars, ...given.vars } }) })],
          targetPath: join(scratch, "target"),
          scratch,
          parseCache: storageParseCache(resolved.project, folders),
          countRows: false,
          warm: true,
          signal,
          lock: (paths) => lockAll(paths, { folders, log, signal }),
          onLine: (line) => {
            if (line.kind === "node_finished")
              nodes.push({
                uniqueId: line.uniqueId,
                status: line.result.status,
                message: line.result.message ?? "",
                seconds: line.result.execution_time ?? null,
                failures: line.result.num_failures ?? null,
              });
            const message =
              line.kind === "text"
                ? { level: "info" as const, text: line.text }
                : line.kind === "message" && line.level !== "debug"
                  ? line
                  : null;
            if (!message) return;
            if (message.level === "error") problems.push(message.text);
            if (emit) emit({ type: "log", level: message.level, message: message.text, source: "dbt" });
            else log[message.level](message.text);
          },
        });
        signal.throwIfAborted();
        if (exit.code === 0) return { nodes };
        const failed = nodes.filter((node) => node.status === "error" || node.status === "fail");
        const said =
          failed.length > 0
            ? failed.map((node) => `${node.uniqueId}: ${node.message}`).join("\n")
            : (exit.error ?? problems.join("\n")) || exit.stderr;
        throw new AppError("user_code", `dbt ${command} failed (exit code ${exit.code ?? "none"}): ${said.trim().slice(0, 10_000)}`, {
          details: { nodes },
        });
      };
      return {
        invoke,
        run: (given) => invoke("run", given),
        build: (given) => invoke("build", given),
        test: (given) => invoke("test", given),
        seed: (given) => invoke("seed", given),
      };
    },
  });
  return { ...resource, "~definition": { ...resource["~definition"], needs: (context) => needsOf(project, context) } };
}

/** The folder that its commands run in; no graph is needed of it. */
function needsOf(
  project: DbtProject,
  { root, scratch, env }: { readonly root: string; readonly scratch: string; readonly env: Env },
): ResourceNeeds {
  const place = placeOf(project, { folders: { root, scratch, storage: join(root, ".headgate", "storage") }, env });
  if (!existsSync(join(place.dir, "dbt_project.yml"))) return { folders: [], errors: [noProject(project.dir)], warnings: [] };
  const files = readProjectFiles(place);
  return { folders: publishedFolders(place, files), errors: problemsOfFiles(place, files), warnings: notesOfFiles(place, files) };
}

function commandArgs({ select, exclude, vars, fullRefresh, args }: DbtCommandOptions): string[] {
  return [
    ...(select === undefined ? [] : ["--select", ...select.split(/\s+/)]),
    ...(exclude === undefined ? [] : ["--exclude", ...exclude.split(/\s+/)]),
    ...(vars ? ["--vars", JSON.stringify(vars)] : []),
    ...(fullRefresh ? ["--full-refresh"] : []),
    ...(args ?? []),
  ];
}
