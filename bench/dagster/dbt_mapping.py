"""What dagster-dbt makes of a dbt manifest, as JSON: python dbt_mapping.py MANIFEST. Source tests become checks when CHECK_SOURCES is set."""
import json
import os
import sys
import warnings

warnings.simplefilter("ignore")
from dagster import Definitions
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

with open(sys.argv[1], encoding="utf-8") as file:
    manifest = json.load(file)

settings = DagsterDbtTranslatorSettings(enable_source_tests_as_checks=bool(os.environ.get("CHECK_SOURCES")))


@dbt_assets(manifest=manifest, dagster_dbt_translator=DagsterDbtTranslator(settings=settings))
def everything(context):
    yield from ()


graph = Definitions(assets=[everything]).resolve_asset_graph()
assets = {}
for key in graph.get_all_asset_keys():
    node = graph.get(key)
    assets["/".join(key.path)] = {
        "executable": node.is_executable,
        "deps": sorted("/".join(parent.path) for parent in node.parent_keys),
        "group": node.group_name,
        "owners": sorted(node.owners),
        "tags": dict(sorted((k, v) for k, v in node.tags.items() if not k.startswith("dagster"))),
        "kinds": sorted(k.removeprefix("dagster/kind/") for k in node.tags if k.startswith("dagster/kind/")),
    }
checks = {}
for key in graph.asset_check_keys:
    spec = everything.get_spec_for_check_key(key)
    checks["/".join(key.asset_key.path) + ":" + key.name] = {
        "blocking": spec.blocking,
        "deps": sorted("/".join(dep.asset_key.path) for dep in spec.additional_deps),
    }
json.dump({"assets": dict(sorted(assets.items())), "checks": dict(sorted(checks.items()))}, sys.stdout, indent=1)
