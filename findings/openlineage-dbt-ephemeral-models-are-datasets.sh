#!/usr/bin/env bash
# dbt-ol: an ephemeral model is sent as a table, and the lineage ends there.
#
# Versions: openlineage-dbt 1.54.0, dbt-core 1.11.16, dbt-duckdb 1.11.1, DuckDB 1.5.6.
# Guess: an ephemeral model is no table, so the model that reads it has the tables below it as inputs.
# Seen: the input is a dataset main.e that never exists and that no event writes. The real parent is in no event of the model.
#   With --consume-structured-logs an event says that main.e was written.
# Why it matters: a receiver shows a table that is in no database, and the path from source to report is cut at each ephemeral model.
#
# Run: bash findings/openlineage-dbt-ephemeral-models-are-datasets.sh (needs python3 and pip; exits with 1 when the behaviour is another one).
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
inputs() {
  python3 - <<'EOF'
import json, os
for line in open(os.environ["OPENLINEAGE__TRANSPORT__LOG_FILE_PATH"]):
    event = json.loads(line)
    name = lambda dataset: dataset["name"].removeprefix("p.main.")
    outputs = [name(dataset) for dataset in event["outputs"]]
    if event["eventType"] == "COMPLETE" and outputs:
        print(outputs[0], "<-", *sorted(name(dataset) for dataset in event["inputs"]))
EOF
}
echo "select 1 as id" > models/a.sql
echo "{{ config(materialized='ephemeral') }} select * from {{ ref('a') }}" > models/e.sql
echo "select * from {{ ref('e') }}" > models/c.sql
dbt-ol build --profiles-dir . > log.txt 2>&1
expect "dbt-ol build" "$(printf 'a <-\nc <- e')" "$(inputs | sort)"
rm "$folder/events.json"
dbt-ol build --consume-structured-logs --profiles-dir . > log.txt 2>&1
expect "dbt-ol build --consume-structured-logs" "$(printf 'a <-\nc <- e\ne <- a')" "$(inputs | sort)"
tables="$(python -c "
import duckdb
print(duckdb.connect('p.duckdb').execute('select table_name from information_schema.tables order by 1').fetchall())")"
expect "tables of the database" "[('a',), ('c',)]" "$tables"
