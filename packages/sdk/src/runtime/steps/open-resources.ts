/** Makes the resources of one attempt and tears them down again, whatever happened in between. */
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import type { Env, Logger } from "../../values/log.ts";
import type { AnyResource, Folders, ResourceRun } from "../../definitions/resource.ts";
import { validateConfig } from "../config-values.ts";
import { StepError } from "./step-error.ts";

export interface ResourceScope {
  /** The code location's resources by key: they take the place of the tokens that were required. */
  readonly known: ReadonlyMap<string, AnyResource>;
  /** Values given from outside, by key: tests pass fakes. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly folders: Folders;
  readonly env: Env;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly step?: string | undefined;
  readonly run?: ResourceRun | undefined;
  readonly emit?: ((event: StepEvent) => void) | undefined;
}

export async function withResources<T>(
  required: readonly AnyResource[],
  scope: ResourceScope,
  use: (values: Readonly<Record<string, unknown>>) => Promise<T>,
): Promise<T> {
  const values: Record<string, unknown> = {};
  const opened: (() => void | Promise<void>)[] = [];
  try {
    for (const token of required) {
      if (token.key in values) continue;
      if (token.key in scope.given) {
        values[token.key] = scope.given[token.key];
        continue;
      }
      const resource = scope.known.get(token.key) ?? token;
      const value = await setUp(resource, scope);
      values[token.key] = value;
      opened.push(() => resource["~definition"].teardown?.(value));
    }
    return await use(values);
  } finally {
    await tearDown(opened, scope.log);
  }
}

async function setUp(resource: AnyResource, scope: ResourceScope): Promise<unknown> {
  const definition = resource["~definition"];
  const given = scope.config[resource.key] ?? definition.values;
  const config = definition.config ? await configOf(definition.config, given, resource.key) : undefined;
  return await definition.setup({
    config,
    env: scope.env,
    folders: scope.folders,
    log: scope.log,
    signal: scope.signal,
    step: scope.step,
    run: scope.run,
    emit: scope.emit,
  });
}

async function configOf(schema: Parameters<typeof validateConfig>[0], given: unknown, key: string): Promise<unknown> {
  const result = await validateConfig(schema, given, `resource "${key}"`);
  if (!result.ok)
    throw new StepError(
      "user_code",
      `${result.error.message} Set it in the resource's 'values' or in the run config under resources.${key}.`,
    );
  return unwrap(result);
}

/** In reverse order. A failed teardown is worth a warning but does not undo a step that did its work. */
async function tearDown(opened: readonly (() => void | Promise<void>)[], log: Logger): Promise<void> {
  for (const close of opened.toReversed()) {
    try {
      await close();
    } catch (error) {
      log.warn("A resource could not be torn down", { error });
    }
  }
}
