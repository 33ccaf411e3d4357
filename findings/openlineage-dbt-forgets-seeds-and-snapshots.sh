#!/usr/bin/env bash
# dbt-ol: a model that reads a seed or a snapshot has no inputs.
#
# Versions: openlineage-dbt 1.54.0, dbt-core 1.11.16, dbt-duckdb 1.11.1, DuckDB 1.5.6.
# Guess: the event of a model names each table that the model reads.
# Seen: models and sources are inputs, seeds and snapshots are not. With --consume-structured-logs they are.
# Why it matters: the lineage of one project differs by a flag of the sender, and a receiver cannot see it.
#
# Run: bash findings/openlineage-dbt-forgets-seeds-and-snapshots.sh (needs python3 and pip; exits with 1 when the behaviour is another one).
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
mkdir seeds snapshots
printf 'id\n1\n' > seeds/s.csv
echo "select * from {{ ref('s') }}" > models/a.sql
echo "select * from {{ ref('a') }}" > models/b.sql
echo "select * from {{ ref('h') }}" > models/c.sql
cat > snapshots/h.yml <<'EOF'
snapshots:
  - {name: h, relation: ref("a"), config: {unique_key: id, strategy: check, check_cols: all}}
EOF
dbt-ol build --profiles-dir . > log.txt 2>&1
expect "dbt-ol build" "$(printf 'a <-\nb <- a\nc <-\nh <- a')" "$(inputs | sort)"
rm "$folder/events.json"
dbt-ol build --consume-structured-logs --profiles-dir . > log.txt 2>&1
expect "dbt-ol build --consume-structured-logs" "$(printf 'a <- s\nb <- a\nc <- h\nh <- a\ns <-')" "$(inputs | sort)"
