/** The resource that runs external programs which speak the Dagster Pipes protocol, version 0.1. */
import { defineResource, type Resource, type ResourceContext } from "../../definitions/resource.ts";
import type { PipesClient } from "./pipes-client.ts";
import { runPipes } from "./run-pipes.ts";

/**
 * Makes the resource `pipes`: it runs programs in any language that use `dagster-pipes` or write its messages themselves.
 *
 * @example
 * export const pipes = pipesResource();
 * export const scores = defineAsset({
 *   key: "ml/scores",
 *   deps: [features],
 *   requires: [pipes],
 *   run: ({ resources }) => resources.pipes.run({ command: ["python", "score.py"], extras: { model: "v3" } }),
 * });
 */
export function pipesResource(): Resource<"pipes", PipesClient>;
export function pipesResource<const K extends string>(options: { readonly key: K }): Resource<K, PipesClient>;
export function pipesResource(options: { readonly key?: string } = {}): Resource<string, PipesClient> {
  return defineResource({
    key: options.key ?? "pipes",
    kind: "pipes",
    setup: (context: ResourceContext): PipesClient => ({ run: (run) => runPipes(run, context) }),
  });
}
