/** Procedures about automation conditions and their pauses. */
import { ok } from "@headgate/shared/domain/errors.ts";
import type { ProceduresOf } from "../kernel/procedure.ts";
import { evaluation, evaluations, listConditions, oneCondition, pauses } from "./condition-queries.ts";
import { endPause, pauseConditions } from "./pauses.ts";

export const conditionProcedures: ProceduresOf<"conditions"> = {
  "conditions.list": listConditions,
  "conditions.get": oneCondition,
  "conditions.evaluations": evaluations,
  "conditions.evaluation": evaluation,
  "conditions.pauses": (reader) => ok(pauses(reader)),
  "conditions.pause"(tx, input, actor) {
    const paused = pauseConditions(tx, input, actor.name);
    return paused.ok ? ok(pauses) : paused;
  },
  "conditions.unpause"(tx, { scope }, actor) {
    endPause(tx, scope, actor.name);
    return ok(pauses);
  },
};
