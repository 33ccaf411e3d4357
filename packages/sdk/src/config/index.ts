/** Entry point `@headgate/sdk/config`: what `headgate.config.ts` contains. */
import { z } from "zod";
import { AppError } from "@headgate/shared/domain/errors.ts";

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
  /** How long loading the location may take. */
  readonly indexTimeoutSeconds?: number | undefined;
}

/** The default export of `headgate.config.ts`. */
export interface HeadgateConfig {
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

export interface ParsedConfig extends HeadgateConfig {
  readonly locations: readonly (LocationConfig & { readonly include: readonly string[]; readonly provided: readonly string[] })[];
}

/**
 * Checks the default export of a configuration file; throws an error that names the file and everything wrong in it.
 *
 * @example
 * const config = parseConfig((await import(file)).default, file);
 */
export function parseConfig(value: unknown, file: string): ParsedConfig {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.map(String).join(".") || "the default export"}: ${issue.message}`);
  throw new AppError(
    "invalid_input",
    `${file} must export default defineConfig({ locations: [{ name, entry }] }). Wrong: ${problems.join("; ")}.`,
    { details: { problems } },
  );
}
