"""The same measures for Dagster: one asset to click, a thousand that do nothing, one that logs."""
import os
import time

import dagster as dg

NOOPS = int(os.environ.get("BENCH_NOOPS", "1000"))
LINES = int(os.environ.get("BENCH_LINES", "5000"))


@dg.asset
def click(context: dg.AssetExecutionContext):
    return dg.MaterializeResult(metadata={"began": int(time.time() * 1000)})


@dg.asset
def lines(context: dg.AssetExecutionContext):
    for line in range(LINES):
        context.log.info(f"line {line} of a log that says nothing much")


def noop(index):
    @dg.asset(name=f"n{index}", key_prefix="noop", group_name="noop")
    def run():
        return None

    return run


defs = dg.Definitions(
    assets=[click, lines, *[noop(i) for i in range(NOOPS)]],
    jobs=[
        dg.define_asset_job("click_job", selection="click"),
        dg.define_asset_job("lines_job", selection="lines"),
        dg.define_asset_job("noop_job", selection='group:"noop"'),
    ],
    executor=dg.in_process_executor,
)
