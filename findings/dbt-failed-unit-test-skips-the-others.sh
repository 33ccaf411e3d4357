#!/usr/bin/env bash
# dbt build: after one failed unit test, the other unit tests of the model may be skipped.
#
# Versions: dbt-core 1.11.16, dbt-duckdb 1.11.1, DuckDB 1.5.6.
# Guess: unit tests of one model do not depend on each other, so each of them says pass or fail.
# Seen: with one thread, tests that come after the failed one are "skipped". Which come after it is chance: in six builds of
#   the same project the set of skipped tests is not always the same.
# Why it matters: a person sees one failed test, mends it, and meets the next. Two builds of the same code differ in their results.
#
# Run: bash findings/dbt-failed-unit-test-skips-the-others.sh (needs python3 and pip; exits with 1 when the behaviour is another one).
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
echo "select 1 as a" > models/up.sql
echo "select a + 1 as b from {{ ref('up') }}" > models/m.sql
cat > models/tests.yml <<'EOF'
unit_tests:
  - {name: wrong, model: m, given: [{input: ref('up'), rows: [{a: 1}]}], expect: {rows: [{b: 5}]}}
  - {name: right1, model: m, given: [{input: ref('up'), rows: [{a: 1}]}], expect: {rows: [{b: 2}]}}
  - {name: right2, model: m, given: [{input: ref('up'), rows: [{a: 2}]}], expect: {rows: [{b: 3}]}}
  - {name: right3, model: m, given: [{input: ref('up'), rows: [{a: 3}]}], expect: {rows: [{b: 4}]}}
EOF
skipped=0
for build in 1 2 3 4 5 6; do
  dbt --quiet build --threads 1 --profiles-dir . > log.txt 2>&1 && { echo "CHANGED: the build passed"; exit 1; }
  echo "build $build: $(results | grep '^m[.]' | paste -sd ' ')"
  results | grep -q "^m.right[123] skipped" && skipped=$((skipped + 1))
  results | grep -q "^m.wrong fail" || { echo "CHANGED: the wrong test did not fail"; exit 1; }
done
# Only the order of chance (failed test last, each time) could hide it: one in 4^6.
if [ "$skipped" = 0 ]; then echo "CHANGED: no unit test was skipped"; exit 1; fi
echo "unit tests were skipped in $skipped of 6 builds"
