/** Configuration: its JSON Schema for the launchpad, and the validated values an asset or resource receives. */
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { refuse, ok, type Result } from "@headgate/shared/domain/errors.ts";

/** Undefined when the schema library cannot write one; the launchpad then shows a plain text field. */
export function jsonSchemaOf(schema: StandardSchemaV1): unknown {
  const props: Partial<StandardJSONSchemaV1.Props> = schema["~standard"];
  try {
    const written = props.jsonSchema?.input({ target: "draft-2020-12" });
    return written === undefined ? undefined : (JSON.parse(JSON.stringify(written)) as unknown);
  } catch {
    return undefined;
  }
}

/** `what` names the owner in messages, e.g. `asset "a/b"`. */
export async function validateConfig(schema: StandardSchemaV1, input: unknown, what: string): Promise<Result<unknown>> {
  const result = await schema["~standard"].validate(input ?? {});
  if (!result.issues) return ok(result.value);
  const problems = result.issues.map((issue) => {
    const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
    return path === "" ? issue.message : `${path}: ${issue.message}`;
  });
  return refuse("invalid_input", `The config of ${what} is not valid: ${problems.join("; ")}.`);
}

export interface RunConfigParts {
  readonly assets: Readonly<Record<string, unknown>>;
  readonly resources: Readonly<Record<string, unknown>>;
}

/** A run's config is `{ assets: { <key>: ... }, resources: { <key>: ... } }`. */
export function readRunConfig(config: unknown): Result<RunConfigParts> {
  if (config === undefined || config === null) return ok({ assets: {}, resources: {} });
  const parts = asRecord(config);
  const unknown = Object.keys(parts ?? {}).filter((key) => key !== "assets" && key !== "resources");
  const assets = asRecord(parts?.["assets"] ?? {});
  const resources = asRecord(parts?.["resources"] ?? {});
  if (!parts || !assets || !resources || unknown.length > 0) {
    const found = unknown.length > 0 ? ` Unknown: ${unknown.join(", ")}.` : "";
    return refuse("invalid_input", `Run config must be an object with 'assets' (by asset key) and 'resources' (by resource key).${found}`);
  }
  return ok({ assets, resources });
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
