/** Conditions, their pauses, and reports from outside. */
import { ok } from "@headgate/shared/domain/errors.ts";
import { endPause, pauseConditions } from "./pauses.ts";
import { reportAsset, reportCheck } from "../assets/report-asset.ts";
import { evaluation, evaluations, listConditions, oneCondition, pauses } from "./condition-queries.ts";
import type { QueriesOf, CommandsOf } from "../kernel/procedure.ts";

export const conditionQueries: QueriesOf<ConditionQueries> = {
  conditions: listConditions,
  condition: oneCondition,
  evaluations,
  evaluation,
  pauses: (reader) => ok(pauses(reader)),
};

export const conditionCommands: CommandsOf<ConditionCommands> = {
  pause(tx, input, actor) {
    const paused = pauseConditions(tx, input, actor.name);
    return paused.ok ? ok(pauses) : paused;
  },
  unpause(tx, { scope }, actor) {
    endPause(tx, scope, actor.name);
    return ok(pauses);
  },
  reportAsset(tx, input, actor) {
    const reported = reportAsset(tx, input, { by: actor.name, chain: null });
    return reported.ok ? ok(() => reported.value) : reported;
  },
  reportCheck(tx, input, actor) {
    const reported = reportCheck(tx, input, { by: actor.name, chain: null });
    return reported.ok ? ok(() => reported.value) : reported;
  },
};
