/** Resources of a code location, and who requires one that is not there. */
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import type { CodeLocation } from "../../code-location.ts";
import type { DefinitionSite } from "../../options/definition-site.ts";
import type { AnyResource } from "../../definitions/resource.ts";
import type { Definitions } from "../flatten.ts";
import type { Problems } from "./problems.ts";

export interface ResourceUsage {
  /** Who requires them, for messages. */
  readonly what: string;
  readonly site: DefinitionSite | undefined;
  readonly resources: readonly AnyResource[];
}

export function collectResources(input: {
  location: CodeLocation;
  definitions: Definitions;
  usage: readonly ResourceUsage[];
  problems: Problems;
}): {
  readonly list: { key: string; kind: string }[];
  readonly env: readonly string[];
} {
  const { definitions, problems } = input;
  const known = new Map<string, AnyResource>();
  for (const resource of definitions.resources) {
    const definition = resource["~definition"];
    if (known.has(resource.key)) problems.add(definition.site, `There are two resources with the key "${resource.key}". Rename one.`);
    else known.set(resource.key, resource);
  }
  const { site } = input.location["~definition"];
  const automation = [...definitions.schedules, ...definitions.sensors].map((entry) => ({
    what: `${entry.kind === "schedule" ? "Schedule" : "Sensor"} "${entry.name}"`,
    site: entry["~definition"].site,
    resources: entry["~definition"].requires,
  }));
  const store = { what: "The IO manager of the code location", site, resources: input.location["~definition"].ioManager?.requires ?? [] };
  for (const usage of [...input.usage, ...automation, store]) {
    for (const { key } of usage.resources) {
      if (known.has(key)) continue;
      const [nearest] = nearestKeys(key, known.keys(), 1);
      const hint =
        nearest === undefined
          ? `Add it to 'resources' of the code location.`
          : `Add it to 'resources' of the code location, or use "${nearest}".`;
      problems.add(usage.site, `${usage.what} requires the resource "${key}", which the code location does not have. ${hint}`);
    }
  }
  return {
    list: Array.from(known.values(), ({ key, "~definition": { kind } }) => ({ key, kind })).sort((a, b) => (a.key < b.key ? -1 : 1)),
    env: Array.from(known.values()).flatMap((resource) => resource["~definition"].env),
  };
}
