/** The control plane's router, completed by procedures of the contract that it does not answer itself. */
import { initTRPC, type AnyRouter } from "@trpc/server";
import { appRouter } from "@headgate/control-plane/router-type";
import { automationInputs } from "@headgate/shared/api/automation-inputs.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { FixtureProcedures } from "./fixture-procedures.ts";

type InputName = keyof typeof automationInputs;
/** Path in the router: name in the contract, its input. Commands are marked. */
const PATHS: Readonly<Record<string, readonly [string, InputName | null, "command"?]>> = {
  "automations.list": ["automationList", "automationList"],
  "automations.get": ["automation", "automation"],
  "automations.ticks": ["ticks", "ticks"],
  "automations.tick": ["tick", "tick"],
  "automations.setEnabled": ["setAutomation", "setAutomation", "command"],
  "automations.setCursor": ["setCursor", "setCursor", "command"],
  "automations.tickNow": ["tickNow", "tickNow", "command"],
  "automations.test": ["testTick", "testTick", "command"],
  "automations.releaseRunKey": ["releaseRunKey", "releaseRunKey", "command"],
  "webhooks.get": ["hook", "hook"],
  "webhooks.setEnabled": ["setHook", "setHook", "command"],
  "webhooks.rotateSecret": ["rotateHookSecret", "hook", "command"],
  "webhooks.revokeSecret": ["revokeHookSecret", "revokeHookSecret", "command"],
  "webhooks.deliveries": ["deliveries", "deliveries"],
  "webhooks.delivery": ["delivery", "delivery"],
  "webhooks.replay": ["replayDelivery", "delivery", "command"],
  "conditions.list": ["conditions", "conditions"],
  "conditions.get": ["condition", "condition"],
  "conditions.evaluations": ["evaluations", "evaluations"],
  "conditions.evaluation": ["evaluation", "evaluation"],
  "conditions.pauses": ["pauses", null],
  "conditions.pause": ["pause", "pause", "command"],
  "conditions.unpause": ["unpause", "unpause", "command"],
  "partitions.map": ["partitionMap", "partitionMap"],
  "partitions.sets": ["dynamicSets", null],
  "partitions.keys": ["dynamicKeys", "dynamicKeys"],
  "partitions.addKeys": ["addDynamicKeys", "addDynamicKeys", "command"],
  "partitions.removeKeys": ["removeDynamicKeys", "removeDynamicKeys", "command"],
  "backfills.preview": ["previewBackfill", "previewBackfill"],
  "backfills.launch": ["launchBackfill", "launchBackfill", "command"],
  "backfills.list": ["backfillList", "backfillList"],
  "backfills.get": ["backfill", "backfill"],
  "backfills.pause": ["pauseBackfill", "backfill", "command"],
  "backfills.resume": ["resumeBackfill", "backfill", "command"],
  "backfills.cancel": ["cancelBackfill", "backfill", "command"],
  "backfills.retry": ["retryBackfill", "backfill", "command"],
  "queue.get": ["queue", null],
  "settings.get": ["settings", null],
  "settings.update": ["changeSettings", "settings", "command"],
  "timeline.get": ["timeline", "timeline"],
};

export function fixtureRouter(procedures: FixtureProcedures): AnyRouter {
  const t = initTRPC.create({
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      data: {
        ...shape.data,
        body:
          error.cause instanceof AppError
            ? error.cause.body
            : { code: error.code === "NOT_FOUND" ? "not_found" : "invalid_input", message: error.message },
      },
    }),
  });
  const table = {
    ...procedures.queries,
    ...procedures.commands,
    testTick: (input: never) => procedures.testTick(input),
  } as unknown as Readonly<Record<string, (input: unknown) => unknown>>;
  const record: Record<string, Record<string, unknown>> = {};
  for (const [topic, own] of Object.entries(appRouter._def.record)) record[topic] = { ...(own as Record<string, unknown>) };
  for (const [path, [name, inputName, command]] of Object.entries(PATHS)) {
    const [topic = "", procedure = ""] = path.split(".");
    const group = (record[topic] ??= {});
    const call = ({ input }: { input: unknown }) => table[name]?.(input);
    const base = inputName === null ? t.procedure : t.procedure.input(automationInputs[inputName]);
    group[procedure] ??= command ? base.mutation(call) : base.query(call);
  }
  return t.router(record as never);
}
