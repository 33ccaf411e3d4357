/** Finds the remedy for what dbt says of a project that it cannot read. Pure. */
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";

export interface Remedy {
  /** `$profiles` stands for the place of profiles.yml. */
  readonly hint: string;
  /** A text of the line that is to be corrected. */
  readonly finds?: string | undefined;
}

interface Row {
  readonly says: RegExp;
  /** `$1` stands for the first group of the pattern. */
  readonly hint: string;
  readonly finds?: string;
  /** `$1` is the name of a model, seed or snapshot. */
  readonly names?: true;
}

const KNOWN_SETTINGS = [
  "name",
  "version",
  "config-version",
  "profile",
  "model-paths",
  "seed-paths",
  "test-paths",
  "analysis-paths",
  "macro-paths",
  "snapshot-paths",
  "docs-paths",
  "asset-paths",
  "packages-install-path",
  "clean-targets",
  "query-comment",
  "require-dbt-version",
  "flags",
  "on-run-start",
  "on-run-end",
  "dispatch",
  "models",
  "seeds",
  "snapshots",
  "sources",
  "tests",
  "data_tests",
  "unit_tests",
  "metrics",
  "exposures",
  "vars",
];

const ROWS: readonly Row[] = [
  {
    says: /Env var required but not provided: '([^']+)'/,
    hint: "Set $1 in the environment of the agent and of the shell that publishes, or give it with dbtProject({ env: () => ({ $1: ... }) }).",
    finds: "$1",
  },
  {
    says: /Could not find profile named '([^']+)'/,
    hint: "Add $1 to $profiles, or name another profile with `profile:` in dbt_project.yml or with dbtProject({ profile }).",
  },
  {
    says: /does not have a target named '([^']+)'/,
    hint: "Add the output $1 to $profiles or choose another with dbtProject({ target }).",
  },
  {
    says: /Could not find adapter type ([\w-]+)/,
    hint: "Install the adapter next to dbt: pip install dbt-$1. If the name is mistyped, correct `type` in $profiles.",
    finds: "type: $1",
  },
  { says: /required field "([^"]+)" not found in profile/, hint: "Add `$1:` to the output in $profiles, e.g. type: duckdb." },
  { says: /Credentials in profile/, hint: "Correct the fields of the output in $profiles; the page of the adapter lists them." },
  { says: /trying to read your profiles\.yml[\s\S]*Syntax error/, hint: "Correct the YAML of $profiles at this line." },
  {
    says: /profiles\.yml|profiles? (?:directory|file)/i,
    hint: "Put profiles.yml into the project's folder or name its folder with dbtProject({ profilesDir }).",
  },
  {
    says: /'([^']*)' is not a valid method name/,
    hint: "Correct `select` or `exclude` of dbtAssets: dbt has no method $1:, but tag:, path:, config: and others.",
  },
  { says: /Could not find selector named (\S+?),/, hint: "Add $1 to selectors.yml, or correct `selector` of dbtAssets." },
  { says: /dbt deps/, hint: "Run `dbt deps` in the project's folder before publishing." },
  {
    says: /depends on a node named '([^']+)'/,
    hint: "Create $1, or correct the ref() that names it.",
    finds: "$1",
    names: true,
  },
  {
    says: /depends on a source named '[^']*?([^'.]+)'/,
    hint: "Add the table $1 to the source in a YAML file of the project, or correct the source() that names it.",
    finds: "$1",
  },
  {
    says: /^\s*'([^']+)' is undefined/m,
    hint: "Define the macro $1 in macro-paths, add the package that has it to packages.yml, or correct the name.",
    finds: "$1",
  },
  {
    says: /found two \w+ with the name "([^"]+)"/,
    hint: "Rename one of the two files, or switch one off with {{ config(enabled=false) }}.",
  },
  {
    says: /dbt_project\.yml does not parse to a dictionary/,
    hint: "dbt_project.yml must have settings such as `name: shop` and `profile: shop`, one on each line.",
  },
  {
    says: /at path \['name'\][\s\S]*does not match/,
    hint: "Use only letters, digits and underscores in `name`, and begin with a letter.",
    finds: "name:",
  },
  { says: /at path \['([\w-]+-paths|clean-targets)'\]/, hint: 'Write $1 as a list, e.g. $1: ["models"].', finds: "$1:" },
  { says: /at path \['([^']+)'/, hint: "Correct `$1` at this place; the reference of dbt says which form it has.", finds: "$1:" },
  {
    says: /This version of dbt is not supported/,
    hint: "Install a version of dbt that require-dbt-version allows, or change require-dbt-version.",
    finds: "require-dbt-version",
  },
  {
    says: /found character that cannot start any token/,
    hint: "Indent YAML with spaces: it does not allow tabs.",
  },
  { says: /Syntax error near line/, hint: "Correct the YAML at this line: quotes and brackets must be closed, and lists indented alike." },
  {
    says: /unexpected '|expected token|Unexpected end of template|end of statement block/,
    hint: "Correct the Jinja at this line: each bracket, {{ }} and {% %} must be closed.",
  },
  { says: /was never closed|invalid syntax|\.py, line/, hint: "Correct the Python of the model." },
];

export function remedyFor(message: string, known: { readonly nodes: readonly string[] }): Remedy | undefined {
  const unexpected = /Additional properties are not allowed \('([^']+)' was unexpected\)/.exec(message)?.[1];
  if (unexpected !== undefined) {
    const [nearest] = nearestKeys(unexpected, KNOWN_SETTINGS, 1);
    const hint = nearest === undefined ? `Leave \`${unexpected}\` out; dbt has no such setting here.` : `Did you mean \`${nearest}\`?`;
    return { hint, finds: `${unexpected}:` };
  }
  for (const { says, hint, finds, names } of ROWS) {
    const match = says.exec(message);
    if (!match) continue;
    const name = match[1] ?? "";
    const [nearest] = names ? nearestKeys(name, known.nodes, 1) : [];
    const meant = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
    return { hint: hint.replaceAll("$1", name) + meant, finds: finds?.replaceAll("$1", name) };
  }
  return undefined;
}
