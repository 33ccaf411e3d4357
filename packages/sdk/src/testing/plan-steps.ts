/** Plans the steps of a test's materialization with the code of the control plane. */
import { buildAssetGraph } from "@headgate/shared/domain/asset-graph.ts";
import { openTimePartitions } from "@headgate/shared/domain/partitions/time-window.ts";
import type { PartitionsDefinition } from "@headgate/shared/domain/partitions/definition.ts";
import { makePlan } from "@headgate/shared/domain/run/plan.ts";
import { AppError, unwrap } from "@headgate/shared/domain/errors.ts";
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import type { ManifestDraft } from "@headgate/shared/protocol/worker.ts";

export interface PlannedStep {
  readonly job: JobFrame;
  /** Steps that must have succeeded before. */
  readonly after: readonly string[];
}

export function planSteps(
  draft: ManifestDraft,
  run: { partition: string | null; config: unknown; tags: Readonly<Record<string, string>> },
): PlannedStep[] {
  const { location } = draft;
  const graph = buildAssetGraph(draft.assets.map((asset) => ({ ...asset, location })));
  const plan = unwrap(
    makePlan({
      graph,
      units: draft.units.map((unit) => ({ ...unit, location })),
      checks: draft.checks.map((check) => ({ ...check, location })),
      selectedAssets: draft.assets.filter((asset) => asset.unit !== null).map((asset) => asset.key),
      partition: run.partition,
    }),
  );
  const definitions = new Map(draft.assets.map((asset) => [asset.key, asset.partitions]));
  return plan.steps.map((step) => ({
    after: step.deps,
    job: {
      t: "job",
      run: "test",
      step: step.key,
      epoch: 1,
      attempt: 1,
      location,
      version: "test",
      unit: step.unit,
      assets: [...step.assets],
      checks: [...step.checks],
      partition:
        step.partition === null
          ? null
          : windowOf(
              step.partition,
              step.assets.map((key) => definitions.get(key)).find((found) => found !== undefined),
            ),
      ...(run.config !== undefined && { config: run.config }),
      tags: { ...run.tags },
      timeoutSeconds: step.timeoutSeconds,
      job: null,
    },
  }));
}

function windowOf(key: string, definition: PartitionsDefinition | undefined): NonNullable<JobFrame["partition"]> {
  if (definition?.type !== "time") return { key, start: null, end: null };
  const partitions = unwrap(openTimePartitions(definition));
  const window = partitions.windowAt(partitions.indexOfKey(key));
  if (window) return { key, start: window.start, end: window.end };
  throw new AppError("invalid_input", `"${key}" is not a partition: keys look like ${partitions.keyAt(0) ?? definition.start}.`);
}
