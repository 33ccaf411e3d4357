"""Records what Dagster makes of the programs and which context it gives them.

    python record.py recorded.json        with dagster 1.13.27 and dagster-pipes 1.13.27
"""

import json
import logging
import math
import os
import sys
import tempfile
from contextlib import contextmanager

import dagster
from dagster import (
    AssetSpec,
    DagsterInstance,
    DailyPartitionsDefinition,
    DynamicPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    MultiPartitionKey,
    MultiPartitionsDefinition,
    PipesFileContextInjector,
    PipesFileMessageReader,
    PipesSubprocessClient,
    StaticPartitionsDefinition,
    TimeWindowPartitionsDefinition,
    WeeklyPartitionsDefinition,
    asset,
    materialize,
    multi_asset,
)

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs.py")
WITH_CHECKS = ("types", "checks_only", "opens_in_a_child", "reports_checks", "reports_failed_check")
logging.disable(logging.CRITICAL)


class Injector(PipesFileContextInjector):
    seen = None

    @contextmanager
    def inject_context(self, context):
        with super().inject_context(context) as params:
            with open(self._path) as file:
                self.seen = json.load(file)
            yield params


def comparable(value):
    """JavaScript has no other numbers: what it cannot hold is compared as text."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity") if math.isinf(value) else value
    if isinstance(value, dict):
        return {key: comparable(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [comparable(entry) for entry in value]
    raise TypeError(type(value))


def metadata_of(values):
    found = {}
    for name, value in values.items():
        raw = value.value
        if type(value).__name__ == "TableMetadataValue":
            raw = [record.data for record in value.records]
        elif type(value).__name__ == "TimestampMetadataValue":
            raw = value.value * 1000
        elif type(value).__name__ == "DagsterAssetMetadataValue":
            raw = value.asset_key.to_user_string()
        found[name] = comparable(raw)
    return found


def run(name, program, *, partitions=None, key=None, version=None, extras=None, tags=None, keys=None, instance=None):
    folder = tempfile.mkdtemp()
    messages = os.path.join(folder, "messages")
    injector = Injector(os.path.join(folder, "context"))
    reader = PipesFileMessageReader(messages, include_stdio_in_messages=False)
    client = PipesSubprocessClient(context_injector=injector, message_reader=reader)
    custom = []

    def invoke(context):
        invocation = client.run(command=[sys.executable, PROGRAMS, program], context=context, extras=extras)
        custom.extend(invocation.get_custom_messages())
        return invocation.get_results()

    if keys:

        @multi_asset(specs=[AssetSpec(dagster.AssetKey.from_user_string(k), code_version=v, skippable=True) for k, v in keys.items()], can_subset=True, partitions_def=partitions)
        def made(context):
            yield from invoke(context)
    else:

        @asset(
            key=["ml", "scores"],
            partitions_def=partitions,
            code_version=version,
            check_specs=[dagster.AssetCheckSpec("not_empty", asset=["ml", "scores"])] if program in WITH_CHECKS else None,
        )
        def made(context):
            yield from invoke(context)

    result = materialize([made], partition_key=key, tags=tags, instance=instance, raise_on_error=False)
    context = injector.seen
    for unstable in ("run_id", "job_name"):
        context.pop(unstable)
    return {
        "name": name,
        "program": program,
        "success": result.success,
        "materializations": [
            {"asset": event.asset_key.to_user_string(), "metadata": metadata_of(event.materialization.metadata), "dataVersion": event.materialization.tags.get("dagster/data_version") if program == "types" else None}
            for event in result.get_asset_materialization_events()
            if event.asset_key
        ],
        "checks": [
            {"check": check.check_name, "passed": check.passed, "severity": check.severity.value, "metadata": metadata_of(check.metadata)}
            for check in result.get_asset_check_evaluations()
        ],
        "custom": comparable(custom),
        "context": context,
    }


def main():
    instance = DagsterInstance.ephemeral()
    instance.add_dynamic_partitions("files", ["売上/2026年.csv"])
    days = lambda **more: DailyPartitionsDefinition(start_date="2025-01-01", **more)
    programs = [
        run(name, name)
        for name in (
            "numbers", "nested", "types", "exits_well", "exits_without_code", "exits_badly", "exits_with_text", "raises", "raises_and_is_caught",
            "raises_with_cause", "never_closes", "says_nothing", "says_much", "closes_and_fails", "checks_only",
            "opens_nothing", "opens_nothing_and_fails", "opens_twice", "opens_in_a_child", "reports_twice",
            "reports_after_close", "reports_another_asset", "reports_by_name", "reports_a_set", "reports_a_number_as_version",
            "reports_many_entries", "reports_long_text", "reports_empty_values", "reports_what_looks_typed", "reports_checks",
            "reports_failed_check", "reports_messages", "logs_every_level", "logs_in_threads", "writes_much",
            "writes_what_looks_like_a_message", "writes_bytes", "closes_its_output", "goes_elsewhere", "kills_itself",
            "aborts", "catches_its_signal", "exits_with_true", "exits_256", "is_interrupted_and_goes_on",
            "raises_a_group", "fails_at_exit", "asks_for_a_partition", "asks_for_its_context",
        )
    ]  # fmt: skip
    start, end = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
    cases = {
        "plain": {},
        "version": {"version": "v3"},
        "extras": {"extras": {"model": "m", "n": 2**60, "list": [1, {"a": None}]}},
        "daily": {"partitions": days(), "key": "2025-01-05"},
        "daily Paris": {"partitions": days(timezone="Europe/Paris"), "key": "2025-01-05"},
        "daily Paris, 23 hours": {"partitions": days(timezone="Europe/Paris"), "key": "2025-03-30"},
        "daily New York, 25 hours": {"partitions": days(timezone="America/New_York"), "key": "2025-11-02"},
        "daily Kolkata": {"partitions": days(timezone="Asia/Kolkata"), "key": "2025-01-05"},
        "daily Lord Howe": {"partitions": days(timezone="Australia/Lord_Howe"), "key": "2025-04-06"},
        "daily at 6:30": {"partitions": days(timezone="Europe/Paris", hour_offset=6, minute_offset=30), "key": "2025-01-05"},
        "hourly New York": {"partitions": HourlyPartitionsDefinition(start_date="2025-01-01-00:00", timezone="America/New_York"), "key": "2025-11-02-03:00"},
        "weekly": {"partitions": WeeklyPartitionsDefinition(start_date="2025-01-01", timezone="Europe/Paris"), "key": "2025-01-05"},
        "monthly Kolkata": {"partitions": MonthlyPartitionsDefinition(start_date="2025-01-01", timezone="Asia/Kolkata"), "key": "2025-02-01"},
        "cron": {
            "partitions": TimeWindowPartitionsDefinition(start="2025-01-01", cron_schedule="0 6 * * 1-5", fmt="%Y-%m-%d", timezone="America/New_York"),
            "key": "2025-01-06",
        },
        "static": {"partitions": StaticPartitionsDefinition(["eu", "us"]), "key": "eu"},
        "dynamic": {"partitions": DynamicPartitionsDefinition(name="files"), "key": "売上/2026年.csv", "instance": instance},
        "two dimensions": {
            "partitions": MultiPartitionsDefinition({"day": days(timezone="Europe/Paris"), "region": StaticPartitionsDefinition(["eu", "us"])}),
            "key": MultiPartitionKey({"day": "2025-01-05", "region": "eu"}),
        },
        "two dimensions without time": {
            "partitions": MultiPartitionsDefinition({"a": StaticPartitionsDefinition(["x"]), "region": StaticPartitionsDefinition(["eu", "us"])}),
            "key": MultiPartitionKey({"a": "x", "region": "eu"}),
        },
        "range": {"partitions": days(timezone="Europe/Paris"), "tags": {start: "2025-01-05", end: "2025-01-08"}},
        "several assets": {"keys": {"b": "v2", "a": None, "c/d": "v1"}},
    }  # fmt: skip
    contexts = {name: run(name, "context", **case)["context"] for name, case in cases.items()}
    version = f"dagster {dagster.__version__}"
    with open(sys.argv[1], "w") as file:
        json.dump({"version": version, "programs": programs, "contexts": contexts}, file, indent=1, ensure_ascii=True)
        file.write("\n")


if __name__ == "__main__":
    main()
