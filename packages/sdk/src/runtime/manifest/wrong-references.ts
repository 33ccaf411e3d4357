/**
 * Reports what stands in `deps`, `inputs` and `requires` and cannot be read there, and assets without a key. The types refuse it, but code is published without a
 * compiler, and a module that imports its importer gets undefined.
 */
import type { DefinitionSite } from "../../options/definition-site.ts";
import { whatItIs, type Definitions } from "../flatten.ts";
import type { Problems } from "./problems.ts";

const REQUIRED = { kinds: ["resource"], wanted: "a resource; pass what defineResource returned" };
const DEPENDENCY = { kinds: ["asset", "sourceAsset", "dependency"], wanted: "an asset; write its key, or pass what defineAsset returned" };
const READ = "an asset whose value can be read; pass what defineAsset returned";

interface Owner {
  readonly what: string;
  readonly definition: {
    readonly site?: DefinitionSite | undefined;
    readonly deps?: unknown;
    readonly inputs?: unknown;
    readonly requires?: unknown;
  };
}

export function reportWrongReferences(definitions: Definitions, problems: Problems): void {
  for (const { key, "~definition": definition } of [...definitions.assets, ...definitions.sources])
    if (typeof (key as unknown) !== "string")
      problems.add(definition.site, 'An asset has no key. Write its key, e.g. key: "silver/orders".');
  for (const { what, definition } of ownersOf(definitions)) {
    const report = (message: string): void => problems.add(definition.site, `${what}: ${message}`);
    reportList("deps", definition.deps, { ...DEPENDENCY, report });
    reportList("requires", definition.requires, { ...REQUIRED, report });
    for (const [name, input] of Object.entries(definition.inputs ?? {}))
      if (!isReadable(input)) report(`input '${name}' is ${whatItIs(input)}, not ${READ}.`);
  }
}

function ownersOf({ assets, multis, sources, checks, schedules, sensors }: Definitions): Owner[] {
  const outputs = multis.flatMap((multi) => Object.values(multi.outputs));
  return [
    ...assets.map((asset) => ({ what: `Asset "${asset.key}"`, definition: asset["~definition"] })),
    ...multis.map((multi) => ({ what: `Multi-asset "${multi.name}"`, definition: multi["~definition"] })),
    // An output has the inputs and resources of its multi-asset, which was asked already.
    ...outputs.map(({ key, "~definition": { site, deps } }) => ({ what: `Asset "${key}"`, definition: { site, deps } })),
    ...sources.map((source) => ({ what: `External asset "${source.key}"`, definition: source["~definition"] })),
    ...checks.map((check) => ({ what: `Check "${check.name}" of asset "${check.asset}"`, definition: check["~definition"] })),
    ...schedules.map((schedule) => ({ what: `Schedule "${schedule.name}"`, definition: schedule["~definition"] })),
    ...sensors.map((sensor) => ({ what: `Sensor "${sensor.name}"`, definition: sensor["~definition"] })),
  ];
}

interface Wanted {
  readonly kinds: readonly string[];
  readonly wanted: string;
  readonly report: (message: string) => void;
}

function reportList(option: "deps" | "requires", list: unknown, { kinds, wanted, report }: Wanted): void {
  if (list === undefined) return;
  if (!Array.isArray(list)) {
    report(`'${option}' is ${whatItIs(list)}, not a list. Write ${option}: [...].`);
    return;
  }
  for (const [index, entry] of list.entries()) {
    const isKey = option === "deps" && typeof entry === "string";
    if (!isKey && !kinds.includes(kindOf(entry) ?? "")) report(`${option}[${index}] is ${whatItIs(entry)}, not ${wanted}.`);
  }
}

function isReadable(input: unknown): boolean {
  if (kindOf(input) === "asset") return true;
  return typeof input === "object" && input !== null && "asset" in input && kindOf(input.asset) === "asset";
}

function kindOf(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && "kind" in value && typeof value.kind === "string" ? value.kind : undefined;
}
