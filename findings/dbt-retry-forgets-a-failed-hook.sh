#!/usr/bin/env bash
# dbt retry after a failed on-run-end hook: nothing runs and the exit code is 0.
#
# Versions: dbt-core 1.11.16, dbt-duckdb 1.11.1, DuckDB 1.5.6.
# Guess: `dbt retry` runs the failed hook again, and fails again while its cause is there.
# Seen: "Nothing to do", exit code 0. The hook is not run, and its table stays empty.
# Why it matters: a grant or an audit row that a hook writes is missing, and the retry says that all is well.
#
# Run: bash findings/dbt-retry-forgets-a-failed-hook.sh (needs python3 and pip; exits with 1 when the behaviour is another one).
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
{name: p, version: "1.0", profile: p, on-run-end: ["insert into audit values (1)"]}
EOF
cat > profiles.yml <<'EOF'
p: {target: dev, outputs: {dev: {type: duckdb, path: p.duckdb}}}
EOF
echo "select 1 as x" > models/a.sql
code() { local ended=0; "$@" > log.txt 2>&1 || ended=$?; echo "$ended"; }
expect "exit code of dbt build, the table of the hook is missing" 1 "$(code dbt build --profiles-dir .)"
expect "exit code of dbt retry, the table is still missing" 0 "$(code dbt retry --profiles-dir .)"
grep -o "Nothing to do" log.txt
