/** What happens when a launch is confirmed? The assets look queued at once; the answer confirms that, a refusal takes it back with its reason. */
import type { LaunchInput, LaunchTarget } from "@headgate/shared/contract/runs/launch.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { toErrorBody } from "#lib/api.ts";
import type { DeploymentStore } from "#lib/deployment-store.svelte.ts";
import type { LaunchRequest } from "#lib/launch/launcher.svelte.ts";
import { beginLaunch, confirmLaunch, revertLaunch } from "#lib/optimistic.ts";

export function launchTarget(request: LaunchRequest, partition: string): LaunchTarget {
  return {
    ...(request.job ? { job: request.job.name, location: request.job.location } : { selection: request.selection ?? "" }),
    ...(partition === "" ? {} : { partition }),
    checksOnly: request.checksOnly ?? false,
  };
}

/** An empty text means no config. */
export function parseConfig(text: string): Result<unknown> {
  if (text.trim() === "") return ok(undefined);
  try {
    return ok(JSON.parse(text));
  } catch (error) {
    return refuse("invalid_input", `The config is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export async function launchRun(
  store: DeploymentStore,
  input: LaunchInput & { readonly requestId: string },
  assets: readonly string[],
): Promise<Result<RunSummary>> {
  store.pending = beginLaunch(store.pending, input.requestId, assets);
  try {
    const run = await store.api.runs.launch.mutate(input);
    store.pending = confirmLaunch(store.pending, input.requestId, run.id);
    store.take(run);
    return ok(run);
  } catch (error) {
    store.pending = revertLaunch(store.pending, input.requestId);
    const { code, message, details } = toErrorBody(error);
    return refuse(code, message, details);
  }
}

/** The selection text that names exactly these assets. */
export function selectionOf(keys: readonly string[]): string {
  return keys.map((key) => `key:"${key}"`).join(" or ");
}
