/** The state to store when only a part of the requested partitions got runs: the rest counts as not requested, so it is requested again. */
import { readTruth, storeTruth, type TargetState } from "@headgate/shared/domain/automation/state.ts";
import type { PartitionSet } from "@headgate/shared/domain/partitions/partition-set.ts";
import { difference, type PartitionSubset } from "@headgate/shared/domain/partitions/subset.ts";

export function stateAfter(
  state: TargetState,
  { set, left }: { readonly set: PartitionSet | null; readonly left: PartitionSubset },
): TargetState {
  if (left.length === 0) return state;
  return { ...state, requested: storeTruth(set, difference(readTruth(set, state.requested), left)), active: true };
}
