import { describe, expect, it } from "vitest";
import { checkAnswer } from "@headgate/shared/contract/check-answer.ts";
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import { type CommandName, PROCEDURE_NAMES, type ProcedureName, PROCEDURES, type QueryName } from "@headgate/shared/contract/table.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { FixtureDeployment } from "./fixture-deployment.ts";
import { fixtureTokens } from "./fixture-tokens.ts";

const ada: Actor = { kind: "user", name: "ada", role: "owner" };
const deployment = new FixtureDeployment(
  { assets: null, broken: true, empty: false },
  () => undefined,
  () => undefined,
);
const [run = ""] = deployment.runsById.keys();
const key = "gold/daily_orders";
const schedule = deployment.definitions.schedules[0];
const sensor = { location: schedule?.location ?? "", sensor: "airbyte_synced" };
const automation = { location: schedule?.location ?? "", kind: "schedule", name: schedule?.name ?? "" };
const target = { selection: key, partitions: { type: "all" } };

/** Enough for any procedure that names one thing; the others take these without complaint. */
const COMMON = { run, key, asset: key, ...automation, limit: 20 };
const INPUTS: Readonly<Record<string, object>> = {
  "assets.checkHistory": { check: "not_null" },
  "assets.report": { type: "observed" },
  "assets.reportCheck": { check: "not_null", passed: true },
  "automations.setEnabled": { enabled: false },
  "automations.setCursor": { cursor: null },
  "automations.releaseRunKey": { key: "k" },
  "backfills.preview": { target },
  "backfills.launch": { target },
  "conditions.get": { target: key },
  "conditions.pause": { scope: "all" },
  "conditions.unpause": { scope: "all" },
  "locations.activate": { version: deployment.locationViews[0]?.active?.id },
  "partitions.addKeys": { name: "customer_files", keys: ["new"] },
  "partitions.removeKeys": { name: "customer_files", keys: ["new"] },
  "partitions.keys": { name: "customer_files" },
  "switches.set": { on: false },
  "runs.preview": { target: { selection: key } },
  "runs.launch": { target: { selection: key } },
  "runs.reexecute": { mode: "all" },
  "runs.list": { filter: {} },
  "timeline.get": { from: Date.now() - 864e5, to: Date.now() + 864e5 },
  "tokens.create": { name: "new", kind: "api" },
  "tokens.revoke": { id: "tok_1" },
  "webhooks.setEnabled": { ...sensor, enabled: true },
  "webhooks.revokeSecret": { ...sensor, secret: "sec_1" },
};

/** Ids that an earlier answer names. */
async function found(name: string): Promise<object> {
  const first = async (list: QueryName, input: object): Promise<object> => {
    const page = unwrap(await deployment.ask(list, PROCEDURES[list].input?.parse(input) as never)) as { items: readonly { id: string }[] };
    return { id: page.items[0]?.id };
  };
  if (name.startsWith("backfills.")) return first("backfills.list", {});
  if (name === "conditions.evaluation") return first("conditions.evaluations", { target: key });
  if (name === "automations.tick") return first("automations.ticks", {});
  return name.startsWith("webhooks.") ? first("webhooks.deliveries", sensor) : {};
}

const given = (name: ProcedureName): object => ({ ...COMMON, ...(name.startsWith("webhooks.") && sensor), ...INPUTS[name] });
/** A procedure with other fields is checked by the browser tests that use it: the fixture server checks every answer. */
const asked = PROCEDURE_NAMES.filter((name) => PROCEDURES[name].input?.safeParse({ id: "", ...given(name) }).success ?? true);

describe("the fixture deployment of the dashboard's tests", () => {
  it.each(asked)("answers %s as its schema says", async (name) => {
    const row = PROCEDURES[name];
    const input = row.input?.parse({ ...given(name), ...(await found(name)) }) as never;
    const answer = await (row.scope === "organization"
      ? fixtureTokens()[name as keyof ReturnType<typeof fixtureTokens>](input)
      : row.kind === "query"
        ? deployment.ask(name as QueryName, input).then(unwrap)
        : deployment.perform(name as CommandName, input, ada).then(unwrap));
    expect(() => checkAnswer(name, answer)).not.toThrow();
  });
});
