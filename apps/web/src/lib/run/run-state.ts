/** What is known of one run, and how live changes and events alter it. Pure. */
import type { Change } from "@headgate/shared/contract/live/messages.ts";
import type { EventRow, RunDetail, StepAssetView, StepView } from "@headgate/shared/contract/runs/run-views.ts";

export interface RunState {
  readonly detail: RunDetail;
  readonly steps: ReadonlyMap<string, StepView>;
  /** By step key, then in order of their first appearance. */
  readonly stepAssets: ReadonlyMap<string, readonly StepAssetView[]>;
}

export function runStateFrom(detail: RunDetail): RunState {
  const stepAssets = new Map<string, StepAssetView[]>();
  for (const asset of detail.stepAssets) stepAssets.set(asset.step, [...(stepAssets.get(asset.step) ?? []), asset]);
  return { detail, steps: new Map(detail.steps.map((step) => [step.key, step])), stepAssets };
}

export function applyRunChanges(state: RunState, changes: readonly Change[]): RunState {
  const run = state.detail.run.id;
  let { detail } = state;
  let steps: Map<string, StepView> | null = null;
  let stepAssets: Map<string, readonly StepAssetView[]> | null = null;
  for (const change of changes) {
    if (change.type === "run" && change.run.id === run) detail = { ...detail, run: change.run };
    else if (change.type === "run" && change.run.parent === run) detail = { ...detail, children: withChild(detail, change.run) };
    else if (change.type === "step" && change.step.run === run) {
      steps ??= new Map(state.steps);
      steps.set(change.step.key, change.step);
      const { failure } = change.step;
      if (change.step.status === "failed" && failure !== null && detail.failedStep === null)
        detail = { ...detail, failure, failedStep: change.step.key };
    } else if (change.type === "step_asset" && change.asset.run === run) {
      stepAssets ??= new Map(state.stepAssets);
      stepAssets.set(change.asset.step, replaced(stepAssets.get(change.asset.step) ?? [], change.asset));
    }
  }
  if (detail === state.detail && steps === null && stepAssets === null) return state;
  return { detail, steps: steps ?? state.steps, stepAssets: stepAssets ?? state.stepAssets };
}

function withChild(
  detail: RunDetail,
  child: { readonly id: string; readonly status: RunDetail["run"]["status"]; readonly createdAt: number },
): RunDetail["children"] {
  const others = detail.children.filter((entry) => entry.id !== child.id);
  return [...others, { id: child.id, status: child.status, createdAt: child.createdAt }];
}

function replaced(list: readonly StepAssetView[], asset: StepAssetView): StepAssetView[] {
  const position = list.findIndex((entry) => entry.asset === asset.asset);
  return position < 0 ? [...list, asset] : list.with(position, asset);
}

/** Events in order, each once, whatever the order and overlap of the pages and live frames that bring them. */
export function mergeEvents(known: readonly EventRow[], incoming: readonly EventRow[]): readonly EventRow[] {
  const first = incoming[0];
  if (first === undefined) return known;
  const last = known.at(-1);
  if (last === undefined || first.seq > last.seq) return [...known, ...incoming];
  const bySeq = new Map(known.map((event) => [event.seq, event]));
  for (const event of incoming) bySeq.set(event.seq, event);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}
