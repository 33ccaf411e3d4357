import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { UnitDescribeResult } from "../../src/definitions/unit.ts";
import { createShop, landCustomers, type Shop } from "./shop-project.test-support.ts";

const SECRET = "s3cret-of-the-shop";

/** With the project's own variables, as the environment of who publishes has them. */
function publish(shop: Shop, variables: Readonly<Record<string, string>> = { SHOP_API_TOKEN: SECRET }): Promise<UnitDescribeResult> {
  return shop.describe(shop.unit({}, { env: () => ({ SHOP_DB: "../storage/shop.duckdb", ...variables }) }));
}

/** What is sent: the description, and the folder beside the project that is published with it. */
function sent(shop: Shop, result: UnitDescribeResult): string {
  const folder = join(shop.root, "dbt", "target", "headgate");
  const files = readdirSync(folder).map((name) => {
    const bytes = readFileSync(join(folder, name));
    return `${name}\n${(name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1")}`;
  });
  return [JSON.stringify(result), ...files].join("\n");
}

function warningsOf(result: UnitDescribeResult): readonly string[] {
  const said = result.ok ? (result.description.warnings ?? []) : result.errors.map(({ message }) => message);
  // The database of these projects has a relative path, which is another matter.
  return said.filter((warning) => !warning.startsWith("dbt/profiles.yml"));
}

const TOKEN = "{{ env_var('SHOP_API_TOKEN') }}";

describe("the value of a secret variable is not published", () => {
  test.for([
    ["meta of model.shop.total", "models/total.yml", `models: [{name: total, config: {meta: {note: "with ${TOKEN}"}}}]`],
    ["description of model.shop.total", "models/total.yml", `models: [{name: total, description: "by ${TOKEN}"}]`],
    ["columns of model.shop.total", "models/total.yml", `models: [{name: total, columns: [{name: n, description: "${TOKEN}"}]}]`],
    ["tags of model.shop.total", "models/total.yml", `models: [{name: total, config: {tags: ["${TOKEN}"]}}]`],
    [
      "description of source.shop.other.things",
      "models/other.yml",
      `sources: [{name: other, tables: [{name: things, description: "${TOKEN}"}]}]`,
    ],
    [
      "url of exposure.shop.sheet",
      "models/sheet.yml",
      `exposures: [{name: sheet, type: notebook, url: "https://bi.example.com/?key=${TOKEN}", owner: {name: "${TOKEN}"}, depends_on: [ref('total')]}]`,
    ],
    ["owner of group.shop.sales", "models/groups.yml", `groups: [{name: sales, owner: {name: sales, email: "${TOKEN}"}}]`],
    ["meta of model.shop.total", "models/gold/total.sql", `{{ config(meta={'note': env_var('SHOP_API' ~ '_TOKEN')}) }} select 1 as n`],
  ] as const)("as %s (%#)", { timeout: 120_000 }, async ([place, path, text]) => {
    const shop = createShop();
    shop.write(path, text);
    const result = await publish(shop);
    expect(sent(shop, result)).not.toContain(SECRET);
    const warning = expect.stringMatching(
      `^The environment variable SHOP_API_TOKEN is named like a secret; its value is hidden .*${place}`,
    );
    expect([result.ok, warningsOf(result)]).toEqual([true, expect.arrayContaining([warning])]);
    // Nothing is parsed again, and it is said again.
    expect(warningsOf(await publish(shop))).toEqual(warningsOf(result));
  });

  test("nor by the name of a file: another password changes nothing of it", { timeout: 120_000 }, async () => {
    const shop = createShop();
    shop.write(
      "profiles.yml",
      `shop: {target: dev, outputs: {dev: {type: duckdb, path: "{{ env_var('SHOP_DB') }}", schema: main, secrets: [{type: s3, key_id: "{{ env_var('SHOP_PASSWORD') }}"}]}}}`,
    );
    const first = sent(shop, await publish(shop, { SHOP_PASSWORD: "postgres" }));
    // The word is in the project for another reason, so it stays.
    expect(sent(shop, await publish(shop, { SHOP_PASSWORD: "another password" }))).toBe(first);
  });

  test("nor in an error of a project that cannot be read", { timeout: 120_000 }, async () => {
    const shop = createShop();
    shop.write("models/gold/total.sql", "{{ exceptions.raise_compiler_error('no ' ~ env_var('SHOP_API_TOKEN')) }}");
    const result = await publish(shop);
    expect(result).toMatchObject({
      ok: false,
      errors: [
        {
          message: expect.stringContaining("no *****"),
          hint: expect.stringContaining("dbt gets another text for the value of SHOP_API_TOKEN"),
        },
      ],
    });
    expect(JSON.stringify(result)).not.toContain(SECRET);
  });
});

test("where it would be a name, nothing is published", { timeout: 120_000 }, async () => {
  const shop = createShop();
  shop.write("models/gold/total.sql", "{{ config(alias=env_var('SHOP_API_TOKEN')) }} select 1 as n");
  const result = await publish(shop);
  expect(result).toMatchObject({ ok: false, errors: [{ hint: expect.stringContaining("If it is no secret") }] });
  expect(JSON.stringify(result)).toContain("The value of the environment variable SHOP_API_TOKEN");
  expect(JSON.stringify(result)).not.toContain(SECRET);
});

test("what is named like a secret but is short, and what is not named like one, is rendered", { timeout: 120_000 }, async () => {
  const shop = createShop();
  shop.write(
    "models/total.yml",
    `models: [{name: total, description: "{{ env_var('SHOP_STAGE') }} {{ env_var('USE_TOKEN') }}", config: {tags: ["{{ env_var('SHOP_STAGE') }}"]}}]`,
  );
  const result = await publish(shop, { SHOP_STAGE: "development", USE_TOKEN: "true" });
  expect(warningsOf(result).filter((warning) => warning.includes("hidden"))).toEqual([]);
  expect(result.ok && result.description.assets.find(({ key }) => key === "gold/total")).toMatchObject({
    description: "development true",
    tags: { development: "" },
  });
});

test("a run still gets the secret", { timeout: 120_000 }, async () => {
  const shop = createShop();
  await landCustomers(shop);
  shop.write("models/gold/total.sql", "select 1 as n, '{{ env_var('SHOP_API_TOKEN') }}' as token from {{ ref('stg_customers') }} limit 1");
  shop.write("models/total.yml", `models: [{name: total, description: "${TOKEN}", columns: [{name: token, data_tests: [not_null]}]}]`);
  const unit = shop.unit({}, { env: () => ({ SHOP_DB: "../storage/shop.duckdb", SHOP_API_TOKEN: SECRET }) });
  const { outcome } = await shop.execute(unit);
  expect([outcome, await shop.rows("select token from gold.total")]).toEqual([{ outcome: "succeeded" }, [{ token: SECRET }]]);
});

test("publishing says that a parse state stays behind", { timeout: 120_000 }, async () => {
  const shop = createShop();
  shop.write("models/total.yml", `models: [{name: total, config: {meta: {note: "{{ env_var('SHOP_NOTE') }}"}}}]`);
  expect(warningsOf(await publish(shop, { SHOP_NOTE: "nobody's business" }))).toEqual([
    "dbt's parse state is not published, so the first run on an agent reads the whole project again: values of environment variables occur in it (SHOP_NOTE).",
  ]);
});
