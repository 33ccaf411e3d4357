/** The dbt projects whose mapping is compared with dagster-dbt's: one with every special case. The others are the example and a generated one. */
export const SPECIAL: Readonly<Record<string, string>> = {
  "dbt_project.yml": `name: special
version: "1.0.0"
profile: special
models: {special: {silver: {+schema: silver}}}
seeds: {special: {+schema: bronze}}
snapshots: {special: {+schema: silver}}
`,
  "profiles.yml": `special: {target: dev, outputs: {dev: {type: duckdb, path: "special.duckdb", schema: main}}}\n`,
  "macros/generate_schema_name.sql": "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}",
  "seeds/countries.csv": "code,name\nGB,United Kingdom\n",
  "models/plain.sql": "select * from {{ source('raw', 'orders') }}",
  "models/silver/hidden.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('plain') }} cross join {{ ref('countries') }}",
  "models/silver/deeper.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('hidden') }}",
  "models/silver/visible.sql": "select * from {{ ref('deeper') }}",
  "models/silver/renamed.sql": "select * from {{ ref('visible') }}",
  "models/silver/grouped.sql": "select * from {{ ref('versioned', v=1) }} cross join {{ ref('versioned') }}",
  "models/silver/versioned_v1.sql": "select * from {{ ref('visible') }}",
  "models/silver/versioned_v2.sql": "select * from {{ ref('visible') }}",
  "models/silver/off.sql": "{{ config(enabled=false) }} select 1 as id",
  "models/silver/aliased.sql": "{{ config(alias='another_name') }} select * from {{ source('raw', 'customers') }}",
  "tests/one_parent.sql": "select * from {{ ref('visible') }} where false",
  "tests/two_parents.sql": "select * from {{ ref('visible') }} cross join {{ ref('renamed') }} where false",
  "tests/two_parents_named.sql":
    "{{ config(meta={'dagster': {'ref': {'name': 'visible'}}}) }} select * from {{ ref('visible') }} cross join {{ ref('renamed') }} where false",
  "tests/on_source.sql": "select * from {{ source('raw', 'orders') }} where false",
  "tests/no_parent.sql": "select 1 as id where false",
  "snapshots/visible_history.yml": `snapshots:
  - {name: visible_history, relation: ref('visible'), config: {unique_key: id, strategy: check, check_cols: all}}
`,
  "models/schema.yml": `version: 2
groups:
  - {name: finance, owner: {email: finance@example.com, name: Finance}}
sources:
  - name: raw
    tables:
      - {name: orders, description: As exported., columns: [{name: id, data_tests: [not_null]}]}
      - {name: customers, config: {meta: {dagster: {asset_key: [landing, people]}}}}
      - {name: never_read}
models:
  - name: renamed
    config: {meta: {dagster: {asset_key: [people, renamed], group: people, owners: [people@example.com]}}}
  - name: grouped
    config: {group: finance, tags: ["partitioned:daily", "tier=1", "plain", "not a tag!"]}
    data_tests: [{unique: {column_name: id, config: {severity: warn}}}]
  - name: visible
    config: {meta: {owner: visible@example.com}}
    columns:
      - {name: id, data_tests: [unique, not_null, {relationships: {arguments: {to: ref('plain'), field: id}}}]}
  - name: versioned
    latest_version: 2
    versions: [{v: 1}, {v: 2}]
    columns: [{name: id, data_tests: [unique]}]
exposures:
  - {name: board, type: dashboard, owner: {email: bi@example.com}, depends_on: [ref('grouped'), "source('raw', 'orders')"]}
unit_tests:
  - name: visible_is_visible
    model: visible
    given: [{input: ref('deeper'), rows: [{id: 1}]}]
    expect: {rows: [{id: 1}]}
`,
};
