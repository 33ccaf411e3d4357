/** Queries about automation conditions, their state, their evaluations and their pauses. */
import type {
  ConditionEvaluation,
  ConditionEvaluationDetail,
  ConditionView,
  PauseView,
} from "@headgate/shared/contract/automations/conditions.ts";
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type { Page } from "@headgate/shared/contract/view.ts";
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import { describeCondition } from "@headgate/shared/domain/automation/describe.ts";
import { ok, refuse, type Result } from "@headgate/shared/domain/errors.ts";
import { pauseFinder } from "./pauses.ts";
import { conditionOff, conditionProgram, locationOfTarget } from "./condition-program.ts";
import { lastEvaluations, listEvaluations, readEvaluation, type StoredEvaluation, stateTimes } from "./condition-store.ts";
import { readPauses } from "./pause-store.ts";
import { numberOfCursor } from "../kernel/page-cursor.ts";
import type { Reader } from "../kernel/reader.ts";
import { catalogOf } from "../catalog/catalog.ts";

/** In the order of the targets; the cursor is the last target of the page before. */
export function listConditions(reader: Reader, input: InputOf<"conditions.list">): Result<Page<ConditionView>> {
  const { conditions } = conditionProgram(reader.db, catalogOf(reader));
  const after = input.cursor ?? "";
  const targets = [...conditions.keys()].filter((target) => target > after).sort();
  const page = targets.slice(0, input.limit);
  return ok({ items: viewsOf(reader, page), next: targets.length > page.length ? (page.at(-1) ?? null) : null });
}

export function oneCondition(reader: Reader, { target }: InputOf<"conditions.get">): Result<ConditionView> {
  const { conditions } = conditionProgram(reader.db, catalogOf(reader));
  const [view] = conditions.has(target) ? viewsOf(reader, [target]) : [];
  if (view) return ok(view);
  const nearest = nearestKeys(target, conditions.keys(), 3);
  const advice = nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : "";
  return refuse("not_found", `${target} has no automation condition.${advice}`, { target, nearest });
}

function viewsOf(reader: Reader, targets: readonly string[]): ConditionView[] {
  const catalog = catalogOf(reader);
  const { conditions } = conditionProgram(reader.db, catalog);
  const pauseOf = pauseFinder(catalog, readPauses(reader.db));
  const times = stateTimes(reader.db, targets);
  const last = lastEvaluations(reader.db, targets);
  return targets.flatMap((target): ConditionView[] => {
    const condition = conditions.get(target);
    if (!condition) return [];
    const known = times.get(target);
    const newest = last.get(target);
    return [
      {
        target,
        location: locationOfTarget(catalog, target),
        condition,
        text: describeCondition(condition),
        off: conditionOff(reader, target),
        paused: pauseOf(target),
        last: newest ? evaluationView(newest) : null,
        lastRequestedAt: known?.requestedAt ?? null,
        nextAt: known?.state.wakeAt ?? null,
      },
    ];
  });
}

function evaluationView(row: StoredEvaluation): ConditionEvaluation {
  const { id, target, at, requested, partitions, runs, backfill, cause, error } = row;
  return { id, target, at, requested, partitions, runs, backfill, cause, error };
}

/** Newest first. */
export function evaluations(reader: Reader, input: InputOf<"conditions.evaluations">): Result<Page<ConditionEvaluation>> {
  const before = numberOfCursor(input.cursor);
  if (!before.ok) return before;
  const rows = listEvaluations(reader.db, { ...input, target: input.target, before: before.value, limit: input.limit + 1 });
  const page = rows.slice(0, input.limit);
  return ok({ items: page.map(evaluationView), next: rows.length > page.length ? String(page.at(-1)?.no) : null });
}

export function evaluation(reader: Reader, { id }: InputOf<"conditions.evaluation">): Result<ConditionEvaluationDetail> {
  const row = readEvaluation(reader.db, id);
  if (!row) return refuse("not_found", `There is no evaluation ${id}. Only the latest 200 of each target are kept.`, { evaluation: id });
  return ok({ ...evaluationView(row), tree: row.tree });
}

export function pauses(reader: Reader): readonly PauseView[] {
  return readPauses(reader.db);
}

export function evaluationChange(reader: Reader, id: string): ConditionEvaluation | null {
  const row = readEvaluation(reader.db, id);
  return row && evaluationView(row);
}
