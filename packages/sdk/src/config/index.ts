/** Entry point `@headgate/sdk/config`: what `headgate.config.ts` contains. */
import { z } from "zod";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { deprecated } from "../options/deprecated.ts";
import { DURATION_FORMS, type Duration, secondsOf } from "../options/duration.ts";

/** One code location of a project. */
export interface LocationConfig {
  /** Letters, digits, `_` and `-`. */
  readonly name: string;
  /** Module that exports the code location by default, relative to the project root. */
  readonly entry: string;
  /** Further files or folders the code needs at run time, relative to the project root. A dbt project is included by itself. */
  readonly include?: readonly string[] | undefined;
  /** Packages that are not bundled because the agent has them, e.g. `@duckdb/node-api`. */
  readonly provided?: readonly string[] | undefined;
  /** How long loading the location may take, at most one hour. Default 60 seconds. */
  readonly indexTimeout?: Duration | undefined;
  /**
   * The time limit of loading in seconds.
   *
   * @deprecated Use `indexTimeout`.
   */
  readonly indexTimeoutSeconds?: number | undefined;
}

/** The default export of `headgate.config.ts`. */
export interface HeadgateConfig {
  /** At least one code location. */
  readonly locations: readonly LocationConfig[];
  /** Address of the control plane; the command line and HEADGATE_URL win over it. */
  readonly url?: string | undefined;
  /** `organization/deployment`. */
  readonly deployment?: string | undefined;
}

/**
 * Names the code locations of a project, in `headgate.config.ts`.
 *
 * @example
 * export default defineConfig({ locations: [{ name: "lakehouse", entry: "src/location.ts" }] });
 */
export function defineConfig(config: HeadgateConfig): HeadgateConfig {
  return config;
}

const locationSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, "use letters, digits, '_' and '-' only"),
  entry: z.string().min(1, "name the module that exports the code location"),
  include: z.array(z.string()).default([]),
  provided: z.array(z.string()).default([]),
  indexTimeout: z
    .custom<Duration>((value) => typeof value === "number" || typeof value === "string", `write ${DURATION_FORMS}`)
    .transform(secondsOf)
    .pipe(z.number(`write ${DURATION_FORMS}`).positive().max(3600))
    .optional(),
  indexTimeoutSeconds: z.number().positive().max(3600).optional(),
});
const configSchema = z.strictObject({
  locations: z
    .array(locationSchema)
    .min(1, "name at least one code location")
    .superRefine((locations, context) => {
      const seen = new Set<string>();
      for (const [index, { name }] of locations.entries()) {
        if (seen.has(name)) context.addIssue({ code: "custom", message: `the name '${name}' is used twice`, path: [index, "name"] });
        seen.add(name);
      }
    }),
  url: z.url().optional(),
  deployment: z
    .string()
    .regex(/^[^/\s]+\/[^/\s]+$/, "write organization/deployment")
    .optional(),
});

/** A code location of a checked configuration file. */
export interface ParsedLocation {
  /** As in the configuration file. */
  readonly name: string;
  /** As in the configuration file. */
  readonly entry: string;
  /** As in the configuration file; empty when it names none. */
  readonly include: readonly string[];
  /** As in the configuration file; empty when it names none. */
  readonly provided: readonly string[];
  /** How long loading may take, in seconds. */
  readonly indexTimeoutSeconds?: number | undefined;
}

/** A checked configuration file. */
export interface ParsedConfig extends Omit<HeadgateConfig, "locations"> {
  /** At least one code location, each with a name of its own. */
  readonly locations: readonly ParsedLocation[];
}

/**
 * Checks the default export of a configuration file.
 *
 * @example
 * const config = parseConfig((await import(file)).default, file);
 * @throws `AppError` with the code `invalid_input`; its message names the file and everything that is wrong in it.
 */
export function parseConfig(value: unknown, file: string): ParsedConfig {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return { ...parsed.data, locations: parsed.data.locations.map((location) => withSeconds(location, file)) };
  const problems = parsed.error.issues.map((issue) => `${issue.path.map(String).join(".") || "the default export"}: ${issue.message}`);
  throw new AppError(
    "invalid_input",
    `${file} must export default defineConfig({ locations: [{ name, entry }] }). Wrong: ${problems.join("; ")}.`,
    { details: { problems } },
  );
}

/** The command line reads seconds, also those of an older SDK. */
function withSeconds({ indexTimeout, indexTimeoutSeconds, ...location }: z.infer<typeof locationSchema>, file: string): ParsedLocation {
  if (indexTimeoutSeconds !== undefined)
    deprecated({
      site: undefined,
      old: `indexTimeoutSeconds: ${indexTimeoutSeconds} of code location "${location.name}" in ${file}`,
      use: `indexTimeout: ${indexTimeoutSeconds}`,
    });
  const seconds = indexTimeout ?? indexTimeoutSeconds;
  return { ...location, ...(seconds !== undefined && { indexTimeoutSeconds: seconds }) };
}
