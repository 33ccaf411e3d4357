#!/usr/bin/env bash
# dbt-duckdb: `merge` with a repeated unique_key in the new rows is green and does two things at once.
#
# Versions: dbt-core 1.11.16, dbt-duckdb 1.11.1, DuckDB 1.5.6.
# Guess: as in other databases, MERGE refuses a row of the table that two source rows match.
# Seen: for a key that exists, one of the two rows wins without a word. For a new key both rows are inserted, so the
#   unique_key is not unique from then on.
# Why it matters: a late duplicate in a source ends as lost or doubled rows instead of an error.
#
# Run: bash findings/duckdb-merge-takes-duplicate-source-rows.sh (needs python3 and pip; exits with 1 when the behaviour is another one).
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
model() { echo "{{ config(materialized='incremental', unique_key='id', incremental_strategy='merge') }} select * from (values $1) t(id, v)" > models/m.sql; }
model "(1, 'old')"
dbt --quiet build --profiles-dir .
model "(1, 'b'), (1, 'c'), (2, 'd'), (2, 'e')"
dbt --quiet build --profiles-dir .
rows="$(python -c "
import duckdb
print(duckdb.connect('p.duckdb').execute('select id, count(*) from m group by id order by id').fetchall())")"
expect "rows by id after the merge of (1, b), (1, c), (2, d), (2, e) into (1, old)" "[(1, 1), (2, 2)]" "$rows"
