import { expect, it } from "vitest";
import { manifestAssetSchema } from "@headgate/shared/manifest/schema.ts";
import { sharedKeys } from "./shared-keys.ts";

const asset = (key: string, unit: string | null, relation?: string) => manifestAssetSchema.parse({ key, unit, relation });

it("one key for tables of two projects is named with both tables", () => {
  const said = sharedKeys([asset("crm/accounts", null, '"eu"."crm"."accounts"'), asset("crm/accounts", null, "us.crm.accounts")]);
  expect(said).toEqual([
    expect.stringMatching(/^The asset key "crm\/accounts" stands for 2 tables: eu\.crm\.accounts and us\.crm\.accounts\./),
  ]);
});

it("one key for a source and another model is named", () => {
  const said = sharedKeys([asset("shop/account", null, "w.crm.account"), asset("shop/account", "dbt:rest", "w.shop.account")]);
  expect(said).toEqual([expect.stringContaining("w.crm.account and w.shop.account (dbt:rest)")]);
});

it("one table under one key is nothing to say", () => {
  const said = sharedKeys([asset("a", "dbt:x", '"W"."a"'), asset("a", null, "w.A"), asset("b", null), asset("b", "dbt:x", "w.b")]);
  expect(said).toEqual([]);
});
