/** What resources learn of the step that they are opened for. */
import type { JobFrame } from "@headgate/shared/protocol/down.ts";
import type { Asset } from "../../definitions/asset-type.ts";
import type { ResourceRun } from "../../definitions/resource.ts";
import type { Partitions } from "../../options/partitions.ts";
import type { Executable } from "../unit-table.ts";

export function resourceRun(unit: Executable, job: JobFrame): ResourceRun {
  const assets = assetsOf(unit);
  const versions = assets.flatMap(({ key, "~definition": { codeVersion } }) =>
    codeVersion === undefined ? [] : [[key, codeVersion] as const],
  );
  const timezone = assets.map(({ "~definition": { partitions } }) => zoneOf(partitions)).find((zone) => zone !== undefined);
  return {
    id: job.run,
    job: job.job,
    attempt: job.attempt,
    assets: job.assets,
    codeVersions: Object.fromEntries(versions),
    partition: job.partition && { ...job.partition, ...(timezone !== undefined && { timezone }) },
  };
}

function assetsOf(unit: Executable): readonly Asset[] {
  switch (unit.kind) {
    case "asset":
      return [unit.asset];
    case "multi":
      return Object.values(unit.multi["~definition"].outputs).map(({ asset }) => asset);
    case "check":
      return unit.asset ? [unit.asset] : [];
    case "unit":
      return [];
    default:
      return unit satisfies never;
  }
}

/** At most one of several dimensions is time. */
function zoneOf(partitions: Partitions | undefined): string | undefined {
  const definition = partitions?.definition;
  const parts = definition?.type === "multi" ? definition.dimensions.map((dimension) => dimension.partitions) : [definition];
  return parts.find((part) => part?.type === "time")?.timezone;
}
