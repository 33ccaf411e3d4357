import { expect, test } from "vitest";
import { secretVariables } from "./secret-variables.ts";

const namesOf = (env: Readonly<Record<string, string | undefined>>): string[] => secretVariables(env).map(({ name }) => name);

test("variables named like secrets are secret", () => {
  const names = [
    "DBT_ENV_SECRET_X",
    "PGPASSWORD",
    "db_passwd",
    "GITHUB_TOKEN",
    "API_KEY",
    "AWS_ACCESS_KEY_ID",
    "DBT_PASS",
    "SNOWFLAKE_PWD",
  ];
  expect(namesOf(Object.fromEntries(names.map((name) => [name, "a long value"])))).toEqual(names);
});

test("a value with a harmless name or few characters is no secret", () => {
  expect(namesOf({ PWD: "/home/somebody", OLDPWD: "/home/somebody", PASSENGERS: "many of them", PRIMARY_KEY: "customer_id" })).toEqual([]);
  expect(namesOf({ USE_TOKEN: "true", DB_PASSWORD: "dev", EMPTY_TOKEN: "", NO_TOKEN: undefined })).toEqual([]);
});
