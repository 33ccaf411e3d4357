"""The measures of bench/domain.ts for Dagster: reads the inputs as JSON on standard input, prints the numbers as JSON."""
import datetime
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")

import dagster as dg
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._utils.schedules import cron_string_iterator

inputs = json.load(sys.stdin)
ASSETS = inputs["assets"]
measures = []


def best_of(runs, measure):
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        measure()
        best = min(best, (time.perf_counter() - start) * 1000)
    return best


def report(name, value):
    print(f"  Dagster, {name}: {value:.1f} ms", file=sys.stderr, flush=True)
    measures.append({"name": name, "unit": "ms", "value": value})


def dependencies(index):
    found = []
    for dep in (index >> 1, index // 3, index - 7):
        if 0 <= dep < index and dep not in found:
            found.append(dep)
    return found


# One multi-asset that may be subset: the quickest way to define so many assets there.
specs = [
    dg.AssetSpec(
        f"n{index}",
        deps=[f"n{dep}" for dep in dependencies(index)],
        group_name=f"g{index % 100}",
        tags={"tier": "gold" if index % 3 == 0 else "silver"},
        automation_condition=dg.AutomationCondition.eager(),
    )
    for index in range(ASSETS)
]


@dg.multi_asset(specs=specs, can_subset=True)
def everything():
    yield from ()


defs = dg.Definitions(assets=[everything])
prefix = f"{ASSETS:,} assets"
start = time.perf_counter()
graph = defs.resolve_asset_graph()
graph.toposorted_entity_keys_by_level
report(f"{prefix}: build the graph", (time.perf_counter() - start) * 1000)
middle = f"n{ASSETS >> 1}"
for text in ["*", "sinks(*)", f'+key:"{middle}"', f'key:"{middle}"+', 'group:"g7" and tag:"tier"="gold"']:
    selection = dg.AssetSelection.from_string(text)
    report(f"{prefix}: {text.replace(middle, 'x')}", best_of(1, lambda: selection.resolve(graph)))

hourly = dg.HourlyPartitionsDefinition("2024-01-01-00:00")
with partition_loading_context(datetime.datetime(2025, 6, 1, tzinfo=datetime.timezone.utc)):
    ends = lambda: (hourly.get_num_partitions(), hourly.get_first_partition_key(), hourly.get_last_partition_key())
    report("10,000 hours: number, first and last key", best_of(3, ends))
    keys = hourly.get_partition_keys()[:10_000]
    even = hourly.subset_with_partition_keys(keys[::2])
    half = hourly.subset_with_partition_keys(keys[2500:7500])
    report("10,000 hours: union with 5,000 single ones", best_of(1, lambda: len(even | half)))
    report("10,000 hours: difference with 5,000 single ones", best_of(1, lambda: len(half - even)))
    report("10,000 hours: one more is materialized", best_of(3, lambda: half.with_partition_keys([keys[7500]])))

now = datetime.datetime(2025, 6, 1, 12, 34, tzinfo=datetime.timezone.utc).timestamp()
report(
    "10,000 schedules: next tick of each",
    best_of(1, lambda: [next(cron_string_iterator(now, entry["cron"], entry["zone"])) for entry in inputs["schedules"]]),
)

with dg.DagsterInstance.ephemeral() as instance:
    cursor = None
    moment = datetime.datetime(2025, 6, 1, tzinfo=datetime.timezone.utc)
    for key in range(ASSETS):
        instance.report_runless_asset_event(dg.AssetMaterialization(f"n{key}"))
    for tick in range(2):
        moment += datetime.timedelta(seconds=30)
        if tick == 1:
            for index in range(10):
                instance.report_runless_asset_event(dg.AssetMaterialization(f"n{ASSETS - 1 - index * 13}"))
        start = time.perf_counter()
        cursor = dg.evaluate_automation_conditions(defs=defs, instance=instance, evaluation_time=moment, cursor=cursor).cursor
        elapsed = (time.perf_counter() - start) * 1000
    # Dagster evaluates every condition at each tick, whatever changed.
    report(f"{ASSETS:,} eager assets: a tick that evaluates all", elapsed)
    report(f"{ASSETS:,} eager assets: a tick after 10 changed", elapsed)

print(json.dumps(measures))
