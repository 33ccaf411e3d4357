/** The public dbt projects that are compared, each at one commit. Nothing of them is part of this repository. */

export interface PublicProject {
  /** `owner/name` on GitHub; its checkout is the folder `owner+name`. */
  readonly repository: string;
  readonly commit: string;
  /** The folder of the dbt project in the checkout. */
  readonly folder: string;
  /** The tests whose rows are random numbers: each build decides anew. */
  readonly random?: RegExp;
  /** Paths of the checkout that are left out: data of its own that not every copy has. */
  readonly without?: readonly string[];
  /** Packages by name: a folder of the checkout, or a commit or tag of another. They stand for what `dbt deps` would download. */
  readonly packages: Readonly<Record<string, { readonly folder: string } | { readonly repository: string; readonly commit: string }>>;
}

const UTILS = { dbt_utils: { repository: "dbt-labs/dbt-utils", commit: "1.3.3" } } as const;

export const PUBLIC_PROJECTS: readonly PublicProject[] = [
  { repository: "dbt-labs/jaffle_shop_duckdb", commit: "9b13827", folder: ".", packages: {} },
  { repository: "dbt-labs/jaffle_shop", commit: "b0b77aa", folder: ".", packages: {} },
  {
    repository: "dbt-labs/jaffle-shop",
    commit: "7be2c58",
    folder: ".",
    without: ["seeds"],
    packages: {
      ...UTILS,
      dbt_date: { repository: "godatadriven/dbt-date", commit: "e706de9" },
      audit_helper: { repository: "dbt-labs/dbt-audit-helper", commit: "3bd0ca4" },
    },
  },
  {
    repository: "dbt-labs/mrr-playbook",
    commit: "f7921cf",
    folder: ".",
    packages: { dbt_utils: { repository: "dbt-labs/dbt-utils", commit: "0.8.0" } },
  },
  { repository: "dbt-labs/attribution-playbook", commit: "54e5543", folder: ".", packages: {} },
  { repository: "dbt-labs/dbt-utils", commit: "700764c", folder: "integration_tests", packages: { dbt_utils: { folder: "." } } },
  {
    repository: "dbt-labs/dbt-project-evaluator",
    commit: "927abbd",
    folder: "integration_tests",
    packages: {
      ...UTILS,
      dbt_project_evaluator: { folder: "." },
      exclude_package: { folder: "integration_tests/exclude_package" },
    },
  },
  {
    repository: "dbt-labs/dbt-codegen",
    commit: "526cb1f",
    folder: "integration_tests",
    packages: { ...UTILS, codegen: { folder: "." } },
  },
  {
    repository: "dbt-labs/dbt-audit-helper",
    commit: "3bd0ca4",
    folder: "integration_tests",
    packages: { ...UTILS, audit_helper: { folder: "." } },
  },
  { repository: "calogica/dbt-date", commit: "3580a09", folder: "integration_tests", packages: { dbt_date: { folder: "." } } },
  {
    repository: "calogica/dbt-expectations",
    commit: "c7dc2af",
    folder: "integration_tests",
    random: /_stdevs_timeseries_/,
    packages: { dbt_expectations: { folder: "." }, dbt_date: { repository: "calogica/dbt-date", commit: "3580a09" } },
  },
  {
    repository: "elementary-data/dbt-data-reliability",
    commit: "ccb0de34",
    folder: "integration_tests/dbt_project",
    packages: { ...UTILS, elementary: { folder: "." } },
  },
];
