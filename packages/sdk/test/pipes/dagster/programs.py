"""Programs as people write them with dagster-pipes. `record.py` runs them under Dagster, `like-dagster.engine.test.ts` under Headgate: `programs.py NAME`."""

import math
import os
import sys

from dagster_pipes import open_dagster_pipes


def numbers():
    with open_dagster_pipes() as pipes:
        pipes.report_custom_message({"a": float("nan"), "b": [float("inf"), 9007199254740993], "c": 1.0})
        pipes.report_asset_materialization(
            metadata={
                "nan": float("nan"),
                "infinity": float("inf"),
                "minus_infinity": -math.inf,
                "typed_nan": {"raw_value": float("nan"), "type": "float"},
                "exact": 9007199254740991,
                "beyond": 9007199254740993,
                "negative": -12345678901234567890,
                "power": 2**70,
                "typed_power": {"raw_value": 2**70, "type": "int"},
                "tenth": 0.1,
                "sum": 0.1 + 0.2,
                "whole_float": 3.0,
                "large_float": 1e300,
                "least": 5e-324,
                "zero": 0,
            }
        )


def nested():
    inner = {"nan": float("nan"), "long": 12345678901234567890, "deep": [{"inf": float("inf")}], "text": "NaN, Infinity"}
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(
            metadata={
                "record": {"raw_value": inner, "type": "__infer__"},
                "typed": {"raw_value": inner, "type": "json"},
                "list": [1, 2.5, None, float("nan"), 2**64],
                "true": True,
                "none": None,
                "empty": {"raw_value": {}, "type": "json"},
                "table": {
                    "raw_value": {"records": [{"id": 9007199254740993, "mean": float("nan")}, {"id": 1, "mean": 0.5}], "schema": [{"name": "id", "type": "int"}]},
                    "type": "table",
                },
            }
        )


def types():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(
            metadata={
                "doc": {"raw_value": "**b** | x", "type": "md"},
                "link": {"raw_value": "https://example.com", "type": "url"},
                "file": {"raw_value": "/data/売上.csv", "type": "path"},
                "notebook": {"raw_value": "a.ipynb", "type": "notebook"},
                "run": {"raw_value": "4f8e", "type": "dagster_run"},
                "asset": {"raw_value": "ml/scores", "type": "asset"},
                "at": {"raw_value": 1700000000.5, "type": "timestamp"},
                "yes": {"raw_value": True, "type": "bool"},
                "nothing": {"raw_value": None, "type": "null"},
                "text": {"raw_value": "\ud83d\ude00 \"quoted\" \\ back\u0000", "type": "text"},
            },
            data_version="v\u00e9",
        )
        pipes.report_asset_check("not_empty", passed=True, severity="WARN", metadata={"mean": float("nan"), "rows": 2**60})


def exits_well():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"rows": 1})
        sys.exit(0)


def exits_without_code():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"rows": 1})
        sys.exit()


def exits_badly():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"rows": 1})
        sys.exit(3)


def exits_with_text():
    with open_dagster_pipes():
        sys.exit("no input today")


def raises():
    with open_dagster_pipes():
        raise KeyError("missing")


def raises_and_is_caught():
    try:
        with open_dagster_pipes() as pipes:
            pipes.report_asset_materialization(metadata={"rows": 1})
            raise KeyError("missing")
    except KeyError:
        print("handled")


def raises_with_cause():
    try:
        with open_dagster_pipes():
            try:
                1 / 0
            except ZeroDivisionError as error:
                raise ValueError("bad") from error
    except ValueError:
        pass


def never_closes():
    pipes = open_dagster_pipes()
    pipes.report_asset_materialization(metadata={"rows": 3})
    os._exit(0)


def says_nothing():
    with open_dagster_pipes():
        pass


def says_much():
    with open_dagster_pipes() as pipes:
        for line in range(200):
            pipes.log.warning("line %s" % line)
        pipes.report_asset_materialization(metadata={"rows": 200})


def closes_and_fails():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"rows": 1})
    os._exit(7)


def checks_only():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_check("not_empty", passed=True, metadata={"ratio": 1.0})


def context():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(asset_key=pipes.asset_keys[0])


if __name__ == "__main__":
    globals()[sys.argv[1]]()
