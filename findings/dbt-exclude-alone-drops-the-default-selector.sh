#!/usr/bin/env bash
# dbt: --exclude without --select does not narrow the default selector, it switches it off.
#
# Versions: dbt-core 1.11.16, dbt-duckdb 1.11.1, DuckDB 1.5.6.
# Guess: selectors.yml has a default selector over a and c; `dbt build --exclude c` builds a.
# Seen: it builds a and b. No selector names b.
# Why it matters: a command that should build less builds nodes that the default never builds.
#
# Run: bash findings/dbt-exclude-alone-drops-the-default-selector.sh (needs python3 and pip; exits with 1 when the behaviour is another one).
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
results() {
  python3 - <<'EOF'
import json
for result in sorted(json.load(open("target/run_results.json"))["results"], key=lambda result: result["unique_id"]):
    print(result["unique_id"].removeprefix("model.p.").removeprefix("unit_test.p."), result["status"])
EOF
}
for model in a b c; do echo "select 1 as x" > "models/$model.sql"; done
cat > selectors.yml <<'EOF'
selectors:
  - name: nightly
    default: true
    definition: {union: [{method: fqn, value: a}, {method: fqn, value: c}]}
EOF
dbt --quiet build --profiles-dir .
expect "dbt build" "$(printf 'a success\nc success')" "$(results)"
dbt --quiet build --exclude c --profiles-dir .
expect "dbt build --exclude c" "$(printf 'a success\nb success')" "$(results)"
