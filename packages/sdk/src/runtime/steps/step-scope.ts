/** Everything that belongs to one step attempt and is passed around inside the runtime. */
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import type { RunInfo } from "../../definitions/base-context.ts";
import type { IoManager } from "../../definitions/io-manager.ts";
import type { Env } from "../../values/log.ts";
import type { Folders } from "../../definitions/resource.ts";
import type { RunConfigParts } from "../config-values.ts";

export interface StepScope {
  readonly job: JobFrame;
  readonly run: RunInfo;
  readonly config: RunConfigParts;
  readonly folders: Folders;
  readonly env: Env;
  readonly signal: AbortSignal;
  /** Values by resource key. */
  readonly resources: Readonly<Record<string, unknown>>;
  /** For assets that name no IO manager of their own. */
  readonly ioManager: IoManager;
  readonly emit: (event: StepEvent) => void;
}

export function ioManagerOf(scope: StepScope, definition: { readonly ioManager?: IoManager | undefined }): IoManager {
  return definition.ioManager ?? scope.ioManager;
}
