/** A code location: the value that a project's entry module exports by default. */
import type { Asset } from "./definitions/asset-type.ts";
import type { AssetCheck } from "./definitions/check.ts";
import { checkOptions, type OptionRules } from "./options/check-options.ts";
import { captureSite, type DefinitionSite } from "./options/definition-site.ts";
import type { IoManager } from "./definitions/io-manager.ts";
import type { Job } from "./definitions/job.ts";
import type { MultiAsset } from "./definitions/multi-asset.ts";
import type { AnyResource } from "./definitions/resource.ts";
import type { Schedule } from "./automation/schedule.ts";
import type { Sensor } from "./automation/sensors/sensor.ts";
import type { Unit } from "./definitions/unit.ts";
import type { SourceAsset } from "./definitions/asset-type.ts";

/** Anything that brings assets. */
export type AssetSource = Asset<string, unknown> | MultiAsset | SourceAsset | Unit | AssetCheck;
/** A module imported as a namespace: its asset exports are taken, everything else in it is ignored. */
export type ModuleNamespace = Readonly<Record<string, unknown>>;

/** Options of `defineCodeLocation`. */
export interface CodeLocationOptions {
  /** Letters, digits, `_` and `-`. `headgate.config.ts` names the location, so it is optional; written here, it must be the same. */
  readonly name?: string | undefined;
  /** Assets, multi-assets, external assets, `dbtAssets(...)`, arrays of them or modules (`import * as bronze from "./assets/bronze.ts"`). */
  readonly assets?: readonly (AssetSource | readonly AssetSource[] | ModuleNamespace)[] | undefined;
  /** Jobs of schedules and sensors are added by themselves. */
  readonly jobs?: readonly (Job | readonly Job[] | ModuleNamespace)[] | undefined;
  /** Schedules, arrays of them or modules. */
  readonly schedules?: readonly (Schedule | readonly Schedule[] | ModuleNamespace)[] | undefined;
  /** Sensors, arrays of them or modules. */
  readonly sensors?: readonly (Sensor | readonly Sensor[] | ModuleNamespace)[] | undefined;
  /** Every resource that an asset, check, schedule or sensor requires. */
  readonly resources?: readonly AnyResource[] | undefined;
  /** Where output values are kept. Default: files in the agent's storage folder. */
  readonly ioManager?: IoManager | undefined;
  /** Pool name -> number of steps that may hold it at once. */
  readonly pools?: Readonly<Record<string, number>> | undefined;
  /** Names of further environment variables that the code reads. */
  readonly env?: readonly string[] | undefined;
}

/** Leaves the lists unchecked: reading the code location checks them. */
const CODE_LOCATION: OptionRules<CodeLocationOptions> = {
  name: "any",
  assets: "any",
  jobs: "any",
  schedules: "any",
  sensors: "any",
  resources: "any",
  ioManager: "object",
  pools: "object",
  env: "list",
};

/** Made by `defineCodeLocation()`. */
export interface CodeLocation {
  readonly kind: "codeLocation";
  /** Its name, when it names itself. */
  readonly name: string | undefined;
  readonly "~definition": CodeLocationOptions & { readonly site: DefinitionSite | undefined };
}

/**
 * Puts definitions together; export it by default from the entry module named in `headgate.config.ts`.
 *
 * @example
 * export default defineCodeLocation({ assets: [bronze, silver], jobs: [fullRefresh], resources: [dbt] });
 */
export function defineCodeLocation(options: CodeLocationOptions): CodeLocation {
  checkOptions(options, CODE_LOCATION, { call: "defineCodeLocation", definer: defineCodeLocation, what: "Code location" });
  return { kind: "codeLocation", name: options.name, "~definition": { ...options, site: captureSite(defineCodeLocation) } };
}
