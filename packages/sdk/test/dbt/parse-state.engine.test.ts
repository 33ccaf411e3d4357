import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import { expect, test } from "vitest";
import { createShop, landCustomers, type Shop } from "./shop-project.test-support.ts";

const PUBLISHED = join("dbt", "target", "headgate");

/** By default below the storage folder, which is another one on each machine. */
const unit = (shop: Shop, database?: string) =>
  shop.unit({}, { env: ({ storage }) => ({ SHOP_DB: database ?? join(storage, "shop.duckdb") }) });

async function publish(shop: Shop, database?: string): Promise<string> {
  expect(await shop.describe(unit(shop, database))).toMatchObject({ ok: true });
  const states = readdirSync(join(shop.root, PUBLISHED)).filter((name) => name.startsWith("parse-"));
  expect(states).toHaveLength(1);
  return join(shop.root, PUBLISHED, states[0] ?? "");
}

/** What an agent has: the published files and nothing that was parsed there before. */
function agentOf(publisher: Shop, agent: Shop = createShop()): Shop {
  rmSync(join(agent.root, "dbt"), { recursive: true });
  cpSync(join(publisher.root, "dbt"), join(agent.root, "dbt"), { recursive: true });
  for (const name of readdirSync(join(agent.root, "dbt", "target")))
    if (name !== "headgate") rmSync(join(agent.root, "dbt", "target", name), { recursive: true });
  return agent;
}

function parsedEverything(events: readonly StepEvent[]): string[] {
  return events.flatMap((event) => (event.type === "log" && event.message.includes("partial pars") ? [event.message] : []));
}

test("an agent's first run starts from the parse state that publishing left, wherever its folders are", { timeout: 240_000 }, async () => {
  const publisher = createShop();
  publisher.write("models/gold/total.sql", "select count(*) as n from {{ ref('stg_customers') }} -- {{ env_var('SHOP_NOTE', 'none') }}");
  await publish(publisher);
  const agent = agentOf(publisher);
  await landCustomers(agent);
  const first = await agent.execute(unit(agent));
  expect([first.outcome, parsedEverything(first.events)]).toEqual([{ outcome: "succeeded" }, []]);

  const without = agentOf(publisher);
  await landCustomers(without);
  for (const name of readdirSync(join(without.root, PUBLISHED))) if (name.startsWith("parse-")) rmSync(join(without.root, PUBLISHED, name));
  const cold = await without.execute(unit(without));
  expect([cold.outcome, parsedEverything(cold.events).length]).toEqual([{ outcome: "succeeded" }, 1]);
});

test("so it does where both use the same database, also one below the folder of who publishes", { timeout: 240_000 }, async () => {
  const publisher = createShop();
  await landCustomers(publisher);
  await publish(publisher, publisher.database);
  const agent = agentOf(publisher);
  const { outcome, events } = await agent.execute(unit(agent, publisher.database));
  expect([outcome, parsedEverything(events)]).toEqual([{ outcome: "succeeded" }, []]);
});

test("a project that reads more of its connection is parsed again where that is another", { timeout: 240_000 }, async () => {
  const publisher = createShop();
  publisher.write("models/gold/total.sql", "{{ config(tags=[target.path]) }} select count(*) as n from {{ ref('stg_customers') }}");
  await publish(publisher);
  const agent = agentOf(publisher);
  await landCustomers(agent);
  const { outcome, events } = await agent.execute(unit(agent));
  expect([outcome, parsedEverything(events)]).toEqual([{ outcome: "succeeded" }, [expect.stringContaining("profile has changed")]]);
});

test("an agent on the machine that publishes does not parse again", { timeout: 240_000 }, async () => {
  const publisher = createShop();
  publisher.write("models/gold/total.sql", "{{ config(tags=[target.path]) }} select count(*) as n from {{ ref('stg_customers') }}");
  const agent = createShop();
  const context = {
    root: publisher.root,
    scratch: join(publisher.root, "scratch"),
    storage: join(agent.root, "storage"),
    env: process.env,
  };
  expect(await unit(publisher).describe(context)).toMatchObject({ ok: true });
  agentOf(publisher, agent);
  await landCustomers(agent);
  const { outcome, events } = await agent.run(unit(agent), ["bronze/stg_customers", "gold/total"]);
  expect([outcome, parsedEverything(events)]).toEqual([{ outcome: "succeeded" }, []]);
});

/** With a variable of who publishes; agents are other machines. */
async function publishWith(shop: Shop, variables: Readonly<Record<string, string>>): Promise<void> {
  Object.assign(process.env, variables);
  try {
    expect(await shop.describe(unit(shop))).toMatchObject({ ok: true });
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
}

const statesOf = (shop: Shop): string[] => readdirSync(join(shop.root, PUBLISHED)).filter((name) => name.startsWith("parse-"));

test("what was read with a variable is read again where the variable is empty or not set", { timeout: 240_000 }, async () => {
  const publisher = createShop();
  publisher.write(
    "models/gold/total.sql",
    "{{ config(schema='mart' ~ env_var('SHOP_SUFFIX', '')) }} select count(*) as n from {{ ref('stg_customers') }}",
  );
  await publishWith(publisher, { SHOP_SUFFIX: "_d" });
  expect(statesOf(publisher)).toHaveLength(1);
  for (const suffix of ["", undefined]) {
    const agent = agentOf(publisher);
    await landCustomers(agent);
    const env = ({ storage }: { readonly storage: string }) => ({
      SHOP_DB: join(storage, "shop.duckdb"),
      ...(suffix !== undefined && { SHOP_SUFFIX: suffix }),
    });
    const { outcome, events } = await agent.execute(agent.unit({}, { env }));
    expect([outcome, parsedEverything(events)]).toEqual([{ outcome: "succeeded" }, []]);
    expect(await agent.rows("select table_schema from information_schema.tables where table_name = 'total'")).toEqual([
      { table_schema: `mart${suffix ?? ""}` },
    ]);
  }
});

test("what was read with a default is not read again where the variable is not set either", { timeout: 240_000 }, async () => {
  const publisher = createShop();
  publisher.write("models/gold/total.sql", "select count(*) as n from {{ ref('stg_customers') }} -- {{ env_var('SHOP_NOTE', 'none') }}");
  const state = gunzipSync(readFileSync(await publish(publisher))).toString("latin1");
  expect(state.slice(state.lastIndexOf("SHOP_NOTE"))).toMatch(/^SHOP_NOTE.DBT_DEFAULT_PLACEHOLDER/);
});

test.for([
  [
    "a model",
    "models/gold/total.sql",
    "{{ config(meta={'note': env_var('SHOP_NOTE')}) }} select count(*) as n from {{ ref('stg_customers') }}",
  ],
  ["a YAML file", "models/total.yml", "models: [{name: total, config: {meta: {note: \"{{ env_var('SHOP_NOTE') }}\"}}}]"],
  [
    "dbt_project.yml",
    "dbt_project.yml",
    "name: shop\nprofile: shop\nmodels: {shop: {+meta: {note: \"{{ env_var('SHOP_NOTE') }}\"}, gold: {+schema: gold}}}",
  ],
] as const)("no parse state is published that has the value of a variable from %s", { timeout: 240_000 }, async ([, path, text]) => {
  const shop = createShop();
  shop.write(path, text);
  await publishWith(shop, { SHOP_NOTE: "xyz" });
  expect(statesOf(shop)).toHaveLength(1);
  await publishWith(shop, { SHOP_NOTE: "nobody's business" });
  const texts = statesOf(shop).map((name) => gunzipSync(readFileSync(join(shop.root, PUBLISHED, name))).toString("latin1"));
  expect(texts.filter((state) => state.includes("nobody's business"))).toEqual([]);
  expect(texts).toHaveLength(1);
});

test("the published parse state is the same for the same files and knows no value of a variable", { timeout: 240_000 }, async () => {
  const note = "a value that is nobody's business";
  process.env["SHOP_NOTE"] = note;
  try {
    const shops = [createShop(), createShop()];
    const states: Buffer[] = [];
    for (const shop of shops) {
      shop.write("models/gold/total.sql", "select count(*) as n from {{ ref('stg_customers') }} -- {{ env_var('SHOP_NOTE') }}");
      states.push(readFileSync(await publish(shop)));
    }
    const [first, second] = states;
    expect(second?.equals(first ?? Buffer.alloc(0))).toBe(true);
    const text = gunzipSync(first ?? Buffer.alloc(0)).toString("latin1");
    expect(text).toContain("SHOP_NOTE");
    expect(text).not.toContain(note);
    for (const shop of shops) expect(text).not.toContain(shop.root);
  } finally {
    delete process.env["SHOP_NOTE"];
  }
});
