#!/usr/bin/env bash
# dbt-ol: tests that dbt skipped are sent as failed assertions about the data.
#
# Versions: openlineage-dbt 1.54.0, dbt-core 1.11.16, dbt-duckdb 1.11.1, DuckDB 1.5.6.
# Guess: a test that did not run has no assertion, or says that it did not run.
# Seen: its assertion has success: false, and the event of the test job is FAIL.
# Why it matters: one failure upstream marks tables below it as bad data that nothing has looked at.
#
# Run: bash findings/openlineage-dbt-skipped-tests-are-failures.sh (needs python3 and pip; exits with 1 when the behaviour is another one).
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
results() {
  python3 - <<'EOF'
import json
for result in sorted(json.load(open("target/run_results.json"))["results"], key=lambda result: result["unique_id"]):
    print(result["unique_id"].removeprefix("model.p.").removeprefix("unit_test.p."), result["status"])
EOF
}
echo "select cast(null as int) as id" > models/a.sql
echo "select * from {{ ref('a') }}" > models/b.sql
cat > models/tests.yml <<'EOF'
models:
  - {name: a, columns: [{name: id, data_tests: [not_null]}]}
  - {name: b, columns: [{name: id, data_tests: [unique]}]}
EOF
dbt-ol build --profiles-dir . > log.txt 2>&1 && { echo "CHANGED: the build passed"; exit 1; }
expect "dbt says of the test of b" "skipped" "$(results | sed -n 's/^test.p.unique_b_id[^ ]* //p')"
said="$(python3 - <<'EOF'
import json, os
for line in open(os.environ["OPENLINEAGE__TRANSPORT__LOG_FILE_PATH"]):
    event = json.loads(line)
    for dataset in event["inputs"] if event["eventType"] != "START" else []:
        facet = dataset.get("inputFacets", {}).get("dataQualityAssertions") or dataset.get("facets", {}).get("dataQualityAssertions")
        for assertion in facet["assertions"] if facet else []:
            if assertion["name"] == "unique_b_id":
                print(event["eventType"], dataset["name"], "success:", assertion["success"])
EOF
)"
expect "dbt-ol says of the test of b" "FAIL p.main.b success: False" "$said"
