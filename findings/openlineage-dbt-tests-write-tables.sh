#!/usr/bin/env bash
# dbt-ol --consume-structured-logs: each data test has an output table that does not exist.
#
# Versions: openlineage-dbt 1.54.0, dbt-core 1.11.16, dbt-duckdb 1.11.1, DuckDB 1.5.6.
# Guess: a test reads a table and writes none unless it stores its failures.
# Seen: the event of a test without store_failures names an output in the schema main_dbt_test__audit. The database has no such
#   schema.
# Why it matters: a receiver fills with as many tables as there are tests.
#
# Run: bash findings/openlineage-dbt-tests-write-tables.sh (needs python3 and pip; exits with 1 when the behaviour is another one).
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet dbt-core==1.11.16 dbt-duckdb==1.11.1 duckdb==1.5.6 openlineage-dbt==1.54.0
export DBT_SEND_ANONYMOUS_USAGE_STATS=false PATH="$folder/venv/bin:$PATH"
expect() {
  if [ "$2" != "$3" ]; then
    printf 'CHANGED: %s\nexpected:\n%s\nseen:\n%s\n' "$1" "$2" "$3"
    exit 1
  fi
  printf '%s:\n%s\n' "$1" "$3"
}
mkdir project project/models && cd project
cat > dbt_project.yml <<'EOF'
{name: p, version: "1.0", profile: p}
EOF
cat > profiles.yml <<'EOF'
p: {target: dev, outputs: {dev: {type: duckdb, path: p.duckdb}}}
EOF
export OPENLINEAGE__TRANSPORT__TYPE=file OPENLINEAGE__TRANSPORT__APPEND=true OPENLINEAGE__TRANSPORT__LOG_FILE_PATH="$folder/events.json" OPENLINEAGE_NAMESPACE=n
echo "select 1 as id" > models/a.sql
cat > models/tests.yml <<'EOF'
models:
  - {name: a, columns: [{name: id, data_tests: [not_null]}]}
EOF
dbt-ol build --consume-structured-logs --profiles-dir . > log.txt 2>&1
outputs="$(python3 - <<'EOF'
import json, os
events = [json.loads(line) for line in open(os.environ["OPENLINEAGE__TRANSPORT__LOG_FILE_PATH"])]
print(*sorted({dataset["name"] for event in events if event["eventType"] == "COMPLETE" for dataset in event["outputs"]}))
EOF
)"
expect "outputs of all events" "p.main.a p.main_dbt_test__audit.not_null_a_id" "$outputs"
schemas="$(python -c "
import duckdb
print(duckdb.connect('p.duckdb').execute(\"select count(*) from duckdb_schemas() where schema_name = 'main_dbt_test__audit'\").fetchall())")"
expect "schemas of that name in the database" "[(0,)]" "$schemas"
