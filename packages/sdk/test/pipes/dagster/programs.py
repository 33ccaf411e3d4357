"""Programs as people write them with dagster-pipes. `record.py` runs them under Dagster, `like-dagster.engine.test.ts` under Headgate: `programs.py NAME`."""

import atexit
import math
import os
import signal
import subprocess
import sys
import threading

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


def opens_nothing():
    print("no Pipes at all")


def opens_nothing_and_fails():
    print("no Pipes at all", file=sys.stderr)
    sys.exit(4)


def opens_twice():
    pipes = open_dagster_pipes()
    again = open_dagster_pipes()
    again.log.info("the same: %s" % (again is pipes))
    pipes.report_asset_materialization(metadata={"rows": 1})
    pipes.close()


def opens_in_a_child():
    with open_dagster_pipes() as pipes:
        subprocess.run([sys.executable, __file__, "checks_only"], check=True)
        pipes.report_asset_materialization(metadata={"rows": 1})


def reports_twice():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"rows": 1})
        pipes.report_asset_materialization(metadata={"rows": 2})


def reports_after_close():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"rows": 1})
    pipes.log.info("too late")


def reports_another_asset():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(asset_key="ml/other", metadata={"rows": 1})


def reports_by_name():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(asset_key="ml/scores", metadata={}, data_version=None)


def reports_a_set():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"regions": {"eu", "us"}})


def reports_a_number_as_version():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"rows": 1}, data_version=7)


def reports_many_entries():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"entry %d" % at: at for at in range(500)})


def reports_long_text():
    with open_dagster_pipes() as pipes:
        pipes.report_custom_message("\u00e9" * 3_000)
        pipes.report_asset_materialization(metadata={"text": "\u00e9\U0001f600" * 500})


def reports_empty_values():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(
            metadata={"": "no name", "empty": "", "space": " ", "list": [], "false": False, "zero": 0.0, "json": {"raw_value": [], "type": "json"}, "line": "a\nb\r\n"}
        )


def reports_what_looks_typed():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(
            metadata={
                "with_type": {"raw_value": {"raw_value": 1, "type": "int"}, "type": "json"},
                "like_ours": {"raw_value": {"type": "int", "value": 3}, "type": "json"},
                "number_as_text": {"raw_value": "12", "type": "text"},
                "text_like_nan": "NaN",
                "before_1970": {"raw_value": -1.5, "type": "timestamp"},
                "large_float": 123456789012345680000.0,
                "minus_zero": -0.0,
                "exponent": 1e-7,
            }
        )


def reports_checks():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_check("not_empty", passed=False, severity="WARN", metadata={"rows": 0})
        pipes.report_asset_materialization(metadata={"rows": 0})


def reports_failed_check():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_check("not_empty", passed=False, severity="ERROR", asset_key="ml/scores", metadata={"why": {"raw_value": "# none", "type": "md"}})
        pipes.report_asset_materialization(metadata={"rows": 0})


def reports_messages():
    with open_dagster_pipes() as pipes:
        for payload in (None, True, 0, "", "\u58f2\u4e0a \U0001f600 \u2028", [], {}, [[None]], {"a": {"b": [1, 2.5, "c"]}}, 2**53, -(2**63) - 1, 1e22):
            pipes.report_custom_message(payload)


def logs_every_level():
    with open_dagster_pipes() as pipes:
        for level in ("debug", "info", "warning", "error", "critical"):
            getattr(pipes.log, level)("%s \u58f2\u4e0a\nsecond line", level)
        pipes.log.exception("without an exception")
        pipes.log.info("x" * 300_000)


def logs_in_threads():
    with open_dagster_pipes() as pipes:
        threads = [threading.Thread(target=lambda at=at: [pipes.log.info("%d %d", at, line) for line in range(50)]) for at in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pipes.report_asset_materialization(metadata={"threads": len(threads)})


def writes_much():
    with open_dagster_pipes() as pipes:
        for _ in range(200):
            sys.stdout.write("o" * 10_000 + "\n")
            sys.stderr.write("e" * 10_000)
        pipes.report_asset_materialization(metadata={"rows": 1})
        sys.stdout.write("no end of line")


def writes_what_looks_like_a_message():
    with open_dagster_pipes() as pipes:
        print('{"__dagster_pipes_version": "0.1", "method": "unheard_of", "params": {}}')
        print('{"a": "__dagster_pipes_version"')
        pipes.report_asset_materialization(metadata={"rows": 1})


def writes_bytes():
    with open_dagster_pipes() as pipes:
        sys.stdout.buffer.write(b"\xff\xfe\x00 no text \xe9\n")
        sys.stdout.flush()
        pipes.report_asset_materialization(metadata={"rows": 1})


def closes_its_output():
    with open_dagster_pipes() as pipes:
        os.close(1)
        os.close(2)
        pipes.report_asset_materialization(metadata={"rows": 1})
    os._exit(0)


def goes_elsewhere():
    with open_dagster_pipes() as pipes:
        os.chdir("/")
        pipes.report_asset_materialization(metadata={"folder": os.getcwd()})


def kills_itself():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"rows": 1})
        os.kill(os.getpid(), signal.SIGKILL)


def aborts():
    with open_dagster_pipes():
        os.kill(os.getpid(), signal.SIGTERM)


def catches_its_signal():
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"rows": 1})
        os.kill(os.getpid(), signal.SIGTERM)


def exits_with_true():
    with open_dagster_pipes():
        sys.exit(True)


def exits_256():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"rows": 1})
    os._exit(256 & 0xFF)


def is_interrupted_and_goes_on():
    try:
        with open_dagster_pipes() as pipes:
            pipes.report_asset_materialization(metadata={"rows": 1})
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        print("went on")


def raises_a_group():
    try:
        with open_dagster_pipes() as pipes:
            pipes.report_asset_materialization(metadata={"rows": 1})
            raise RuntimeError("\u58f2\u4e0a" * 5_000) from OSError(2, "no such file")
    except RuntimeError:
        pass


def fails_at_exit():
    def fail():
        raise ValueError("at the end")

    atexit.register(fail)
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"rows": 1})


def asks_for_a_partition():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(metadata={"partition": str(pipes.is_partition_step)})
        print(pipes.partition_key)


def asks_for_its_context():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(
            metadata={
                "keys": pipes.asset_keys,
                "key": pipes.asset_key,
                "asset_step": pipes.is_asset_step,
                "partition_step": pipes.is_partition_step,
                "retry": pipes.retry_number,
                "extras": {"raw_value": pipes.extras, "type": "json"},
                "version": str(pipes.code_version),
                "provenance": str(pipes.provenance),
                "closed": pipes.is_closed,
            }
        )


def context():
    with open_dagster_pipes() as pipes:
        pipes.report_asset_materialization(asset_key=pipes.asset_keys[0])


if __name__ == "__main__":
    globals()[sys.argv[1]]()
