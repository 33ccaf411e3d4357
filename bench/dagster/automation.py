"""The same for Dagster: an asset, a sensor on its materialization, and a schedule."""
import time

import dagster as dg


def began():
    return dg.MaterializeResult(metadata={"began": int(time.time() * 1000)})


@dg.asset
def source(context: dg.AssetExecutionContext):
    return began()


@dg.asset
def reaction(context: dg.AssetExecutionContext):
    return began()


@dg.asset
def clocked(context: dg.AssetExecutionContext):
    return began()


source_job = dg.define_asset_job("source_job", selection="source")
react = dg.define_asset_job("react", selection="reaction")
clock = dg.define_asset_job("clock", selection="clocked")


@dg.asset_sensor(asset_key=dg.AssetKey("source"), job=react, minimum_interval_seconds=1, default_status=dg.DefaultSensorStatus.RUNNING)
def on_source(context, event):
    yield dg.RunRequest(run_key=context.cursor)


defs = dg.Definitions(
    assets=[source, reaction, clocked],
    jobs=[source_job, react, clock],
    sensors=[on_source],
    schedules=[dg.ScheduleDefinition(job=clock, cron_schedule="* * * * *", default_status=dg.DefaultScheduleStatus.RUNNING)],
    executor=dg.in_process_executor,
)
