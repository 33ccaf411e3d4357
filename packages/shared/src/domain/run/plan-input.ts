/** What a plan is asked for: the definitions of the deployment and what was selected. */
import type { AssetGraph } from "../asset-graph.ts";
import type { PlanCheck, PlanUnit } from "./plan-types.ts";

export interface PlanInput {
  readonly graph: AssetGraph;
  readonly units: readonly PlanUnit[];
  readonly checks: readonly PlanCheck[];
  readonly selectedAssets: Iterable<string>;
  /** `<asset key>:<check name>`. Left out: every check of the selected assets. A check that only exists inside a unit that cannot be subset brings the unit along. */
  readonly selectedChecks?: Iterable<string> | undefined;
  /** Goes to the steps of partitioned assets only. */
  readonly partition: string | null;
  /** Selected assets that need not run again, e.g. those that the previous attempt materialized. */
  readonly skipAssets?: Iterable<string> | undefined;
}
