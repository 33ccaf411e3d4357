#!/usr/bin/env bash
# dbt-duckdb: an external model with partition_by keeps the files of partitions that it does not make any more.
#
# Versions: dbt-core 1.11.16, dbt-duckdb 1.11.1, DuckDB 1.5.6.
# Guess: the folder is the table, so a build replaces the whole of it. The model's relation has the rows of its query.
# Seen: the second build writes p=b only, and p=a of the first build stays. The relation of the model has both.
# Why it matters: a table holds rows that its own query does not return, and the build is green.
#
# Run: bash findings/dbt-duckdb-external-keeps-old-partitions.sh (needs python3 and pip; exits with 1 when the behaviour is another one).
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet dbt-core==1.11.16 dbt-duckdb==1.11.1 duckdb==1.5.6
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
mkdir out
model() { echo "{{ config(materialized='external', location='out/m', options={'partition_by': 'p'$2}) }} select unnest([$1]) as p, 1 as v" > models/m.sql; }
model "'a', 'b'" ""
dbt --quiet build --profiles-dir .
model "'b'" ", 'overwrite_or_ignore': 'true'"
dbt --quiet build --profiles-dir .
rows="$(python -c "
import duckdb
print(duckdb.connect('p.duckdb').execute('select p from m order by p').fetchall())")"
expect "rows of the model after a build whose query returns b only" "[('a',), ('b',)]" "$rows"
