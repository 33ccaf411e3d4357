/** The runtime of a code location: what a bundle exports for the agent and the CLI. */
import { AppError } from "@headgate/shared/domain/errors.ts";
import { RUNTIME_VERSION, type LocationRuntime } from "@headgate/shared/protocol/worker.ts";
import type { CodeLocation } from "../code-location.ts";
import type { IoManager } from "../definitions/io-manager.ts";
import { executeStep, type Executor } from "./steps/execute-step.ts";
import { flattenDefinitions } from "./flatten.ts";
import { indexLocation } from "./manifest/index-location.ts";
import { evaluateTick } from "./ticks/tick.ts";
import { buildUnitTable } from "./unit-table.ts";
import { valueFiles } from "./stored-values/value-files.ts";

/** Options of `createRuntime`. */
export interface RuntimeOptions {
  /** What `headgate.config.ts` calls the code location; for definitions that do not name themselves. */
  readonly name?: string | undefined;
  /** Resource values that take the place of the real ones, by key. */
  readonly resources?: Readonly<Record<string, unknown>> | undefined;
  /** The IO manager of assets that name none. Default: that of the code location, or files. */
  readonly ioManager?: IoManager | undefined;
}

/**
 * Makes the runtime of a code location; the publisher's generated entry module exports it.
 *
 * @example
 * export const runtime = createRuntime(definition, { name: "lakehouse" });
 */
export function createRuntime(definition: CodeLocation, options: RuntimeOptions = {}): LocationRuntime {
  let prepared: Executor | undefined;
  const prepare = (): Executor => {
    if (!isCodeLocation(definition)) throw new AppError("user_code", NOT_A_LOCATION);
    const definitions = flattenDefinitions(definition);
    return {
      location: definition.name ?? options.name ?? "",
      definitions,
      units: buildUnitTable(definitions),
      resources: new Map(definitions.resources.map((resource) => [resource.key, resource])),
      ioManager: options.ioManager ?? definition["~definition"].ioManager ?? valueFiles,
      given: options.resources ?? {},
    };
  };
  return {
    version: RUNTIME_VERSION,
    async index(folders) {
      if (isCodeLocation(definition)) return await indexLocation(definition, { ...folders, name: options.name });
      return { draft: null, folders: [], errors: [{ kind: "invalid_definition", message: NOT_A_LOCATION }] };
    },
    async execute(job, host) {
      prepared ??= prepare();
      return await executeStep(prepared, job, host);
    },
    async tick(frame, host) {
      prepared ??= prepare();
      return await evaluateTick(prepared, frame, host);
    },
  };
}

const NOT_A_LOCATION = "The entry module must export a code location by default: export default defineCodeLocation({ assets });";

function isCodeLocation(value: unknown): value is CodeLocation {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "codeLocation";
}
