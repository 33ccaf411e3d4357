/** What dbt says of a project that it cannot read, and what a person is told: the file, the line and what to do. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dbtLoadError } from "../../src/integrations/dbt/refusals/parse-error.ts";

const FILES = {
  "dbt/dbt_project.yml": 'name: my-shop\nversion: "1.0"\nmodel-paths: models\nmodles: {}\nrequire-dbt-version: ">=9"\n',
  "prof/profiles.yml": "shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckbd\n",
  "dbt/models/orders.sql": "select 1 as id\n",
  "dbt/models/v.sql": "-- the orders\nselect * from {{ ref('ordres') }}\nwhere x = '{{ env_var('SHOP_DAY') }}'\n",
  "dbt/models/raw/w.sql": "select * from {{ source('raw', 'ordres') }}\n",
  "dbt/models/p.py": "def model(dbt, session):\n  return dbt.ref(\n",
  "dbt/models/s.yml": "models:\n  - name: orders\n   columns: x\n",
};

const root = mkdtempSync(join(tmpdir(), "headgate-parse-error-"));
const files = Object.keys(FILES).map((path) => join(root, path));

beforeAll(() => {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
});
afterAll(() => rmSync(root, { recursive: true }));

const read = (message: string) =>
  dbtLoadError({
    message,
    root,
    dir: join(root, "dbt"),
    shownDir: "dbt",
    profilesDir: join(root, "prof"),
    files,
    copy: { root: "/tmp/copy", of: root },
  });

describe("what dbt says of a project", () => {
  it.each([
    [
      "broken YAML of dbt_project.yml",
      "Encountered an error:\nRuntime Error\n  Syntax error near line 2\n  Raw Error:\n  while scanning a quoted scalar",
      { file: "dbt/dbt_project.yml", line: 2, hint: /^Correct the YAML at this line/ },
    ],
    [
      "a tab in dbt_project.yml",
      "Encountered an error:\nRuntime Error\n  Syntax error near line 2\n  found character that cannot start any token",
      { file: "dbt/dbt_project.yml", line: 2, hint: /^Indent YAML with spaces/ },
    ],
    [
      "a list instead of settings",
      "dbt_project.yml does not parse to a dictionary",
      { file: "dbt/dbt_project.yml", hint: /must have settings/ },
    ],
    [
      "a text instead of a list",
      "Runtime Error\n  at path ['model-paths']: 'models' is not valid under any of the given schemas\n\nError encountered in ./dbt_project.yml",
      { file: "dbt/dbt_project.yml", line: 3, hint: /^Write model-paths as a list/ },
    ],
    [
      "an unknown setting",
      "Runtime Error\n  at path []: Additional properties are not allowed ('modles' was unexpected)\n\nError encountered in ./dbt_project.yml",
      { file: "dbt/dbt_project.yml", line: 4, hint: /^Did you mean `models`\?$/ },
    ],
    [
      "a name with a hyphen",
      "Runtime Error\n  at path ['name']: 'my-shop' does not match '^[^\\\\d\\\\W]\\\\w*$'\n\nError encountered in ./dbt_project.yml",
      { file: "dbt/dbt_project.yml", line: 1, hint: /^Use only letters, digits and underscores/ },
    ],
    [
      "a version of dbt that is not wanted",
      "Runtime Error\n  This version of dbt is not supported with the 'shop' package.\n\nError encountered in ./dbt_project.yml",
      { file: "dbt/dbt_project.yml", line: 5, hint: /^Install a version of dbt/ },
    ],
    [
      "a profile that does not exist",
      "Runtime Error\n  Could not find profile named 'shop'",
      { file: "prof/profiles.yml", hint: /^Add shop to prof\/profiles\.yml, or name another/ },
    ],
    [
      "a target that does not exist",
      "Runtime Error\n  The profile 'shop' does not have a target named 'prod'. The valid target names for this profile are:\n - dev",
      { file: "prof/profiles.yml", hint: /^Add the output prod to prof\/profiles\.yml/ },
    ],
    [
      "an adapter that is not installed",
      'Credentials in profile "shop", target "dev" invalid: Runtime Error\n  Could not find adapter type duckbd!',
      { file: "prof/profiles.yml", line: 5, hint: /pip install dbt-duckbd/ },
    ],
    [
      "a profile without a type",
      'required field "type" not found in profile shop and target dev',
      { file: "prof/profiles.yml", hint: /^Add `type:`/ },
    ],
    [
      "broken YAML of profiles.yml",
      "Runtime Error\n  dbt encountered an error while trying to read your profiles.yml file.\n  Runtime Error\n    Syntax error near line 3",
      { file: "prof/profiles.yml", line: 3, hint: /^Correct the YAML of prof\/profiles\.yml/ },
    ],
    [
      "a ref to nothing",
      "Compilation Error\n  Model 'model.shop.v' (models/v.sql) depends on a node named 'ordres' which was not found",
      { file: "dbt/models/v.sql", line: 2, hint: /Did you mean orders\?$/ },
    ],
    [
      "a source that is not declared",
      "Compilation Error\n  Model 'model.shop.w' (models/raw/w.sql) depends on a source named 'raw.ordres' which was not found",
      { file: "dbt/models/raw/w.sql", line: 1, hint: /^Add the table ordres to the source/ },
    ],
    [
      "a variable that is not set",
      "Env var required but not provided: 'SHOP_DAY'",
      { file: "dbt/models/v.sql", line: 3, hint: /^Set SHOP_DAY/ },
    ],
    [
      "Python that does not parse",
      "'(' was never closed (p.py, line 2)\n  return dbt.ref(",
      { file: "dbt/models/p.py", line: 2, hint: /Python/ },
    ],
    [
      "YAML that is named without its folder",
      "Parsing Error\n  Error reading shop: s.yml - Runtime Error\n    Syntax error near line 3",
      { file: "dbt/models/s.yml", line: 3, hint: /YAML/ },
    ],
    [
      "Jinja that is not closed",
      "Compilation Error in model v (models/v.sql)\n  unexpected '}', expected ')'\n    line 2",
      { file: "dbt/models/v.sql", line: 2, hint: /^Correct the Jinja/ },
    ],
    [
      "an unknown macro inside a macro",
      "Compilation Error in model orders (models/orders.sql)\n  'cents' is undefined",
      { file: "dbt/models/orders.sql", hint: /^Define the macro cents/ },
    ],
    [
      "two models of one name",
      'Compilation Error\n  dbt found two models with the name "orders".\n  - model.shop.orders (models/orders.sql)',
      { file: "dbt/models/orders.sql", hint: /^Rename one/ },
    ],
  ])("names the place and the remedy of %s", (_what, message, { hint, ...place }) => {
    const error = read(message);
    expect(error).toMatchObject(place);
    expect(error.hint).toMatch(hint);
  });

  it("shows paths of the project instead of the copy that dbt read", () => {
    expect(read("Path '/tmp/copy/nowhere' does not exist.").message).toContain("Path 'nowhere' does not exist.");
  });
});
