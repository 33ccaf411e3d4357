"""dagster-dbt on a project: python dbt_scale.py PROJECT_DIR MANIFEST DBT. Prints seconds as JSON lines."""
import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
project_dir, manifest_path, dbt = sys.argv[1:4]


def timed(name, work):
    began = time.monotonic()
    result = work()
    print(json.dumps({"name": name, "seconds": time.monotonic() - began}), flush=True)
    return result


def load():
    from dagster import AssetExecutionContext, Definitions
    from dagster_dbt import DbtCliResource, dbt_assets

    with open(manifest_path, encoding="utf-8") as file:
        manifest = json.load(file)

    @dbt_assets(manifest=manifest)
    def everything(context: AssetExecutionContext, dbt: DbtCliResource):
        yield from dbt.cli(["build"], context=context).stream()

    definitions = Definitions(assets=[everything], resources={"dbt": DbtCliResource(project_dir=project_dir, profiles_dir=project_dir, dbt_executable=dbt)})
    definitions.resolve_asset_graph()
    return everything


everything = timed("definitions loaded", load)


def run(count):
    from dagster import AssetSelection, DagsterInstance, materialize
    from dagster_dbt import DbtCliResource

    keys = sorted(key for key in everything.keys if key.path[0] == "bronze")[:count]
    result = materialize(
        [everything],
        selection=AssetSelection.assets(*keys),
        instance=DagsterInstance.ephemeral(),
        resources={"dbt": DbtCliResource(project_dir=project_dir, profiles_dir=project_dir, dbt_executable=dbt)},
    )
    assert result.success


timed("run of one model", lambda: run(1))
timed("run of one model, again", lambda: run(1))
timed("run of 100 models", lambda: run(100))
