import { QUERY_GUARD } from "./query-guard.ts";

/**
 * The Python program that runs one dbt command inside its own process and reports it as JSON lines. Compared with the bare `dbt`
 * command it counts rows through dbt's own connection the moment a model is done (DuckDB lets no second process look), names the
 * database files before it opens them, and stops its queries when it gets a stop signal or its parent is gone.
 *
 * stdin:  "go" opens the gate before the first use of the database; the end of stdin means that the parent is gone.
 * stdout: {"info", "data"} as dbt's own JSON log, {"databases": [...]}, {"stats": {...}} and one last {"end": {...}}.
 */
import { DBT_DATABASES } from "./database-places.ts";
import { DBT_FLAGS } from "./flags-program.ts";
import { DBT_GRAPH } from "./graph-program.ts";
import { DBT_ORDER } from "./order-program.ts";
import { DBT_PARSE } from "./parse-program.ts";
import { DBT_UNKNOWN_NAMES } from "./unknown-names-program.ts";

export const DBT_DRIVER = String.raw`${DBT_GRAPH}${DBT_PARSE}${DBT_FLAGS}${DBT_ORDER}${DBT_UNKNOWN_NAMES}
import json, os, signal, sys, threading, time

writing = threading.Lock()
gate = threading.Event()
state = {"out": None, "request": None, "stopping": False, "asked": False}
environments = set()
connectors = {}


def say(line):
    text = json.dumps(line, default=str) + "\n"
    with writing:
        state["out"].write(text)
        state["out"].flush()


def listen():
    while True:
        data = os.read(0, 4096)
        if not data:
            break
        gate.set()
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(20)
    os._exit(130)


def keep_cancelling():
    # dbt cancels what runs at the moment of the signal; a node that was only being compiled would start its query after that.
    from dbt.adapters.factory import FACTORY

    while True:
        time.sleep(0.5)
        for adapter in list(FACTORY.adapters.values()):
            try:
                if adapter.is_cancelable():
                    adapter.cancel_open_connections()
            except Exception:
                continue


def interrupted(signum, frame):
    if state["stopping"]:
        return
    state["stopping"] = True
    threading.Thread(target=keep_cancelling, daemon=True).start()
    raise KeyboardInterrupt()


LEVELS = {"info", "warn", "error"}
WITH_DATA = {"NodeStart", "NodeFinished", "LogBatchResult"}


${DBT_DATABASES}
${QUERY_GUARD}

def tag_queries():
    """Trino shows them beside each query, so that one can tell which run it belongs to."""
    from dbt.adapters.factory import FACTORY

    for adapter in FACTORY.adapters.values():
        if adapter.type() == "trino":
            credentials = adapter.config.credentials
            credentials.client_tags = list(credentials.client_tags or []) + state["request"].get("tags", [])
            # Without it everything works, except that a query outlives a killed dbt.
            try:
                guard_queries()
            except Exception as error:
                print(f"queries are not watched: {error}", file=sys.stderr)


def pass_gate():
    if state["asked"]:
        return
    state["asked"] = True
    tag_queries()
    keep_databases()
    say({"databases": databases()})
    while not gate.wait(0.2):
        pass


def count(node, response):
    from dbt.adapters.factory import FACTORY

    if not node.node_relation.relation_name:
        return
    if state["request"]["count"] == "adapter" or "duckdb" not in FACTORY.adapters:
        return describe(node, response, next(iter(FACTORY.adapters.values())))
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    environments.add(DuckDBConnectionManager.env())
    handle = DuckDBConnectionManager.env().handle()
    try:
        cursor = handle.cursor()
        relation = node.node_relation.relation_name
        rows = cursor.execute(f"select count(*) from {relation}").fetchone()[0]
        columns = [{"name": c[0], "type": c[1], "nullable": c[2] == "YES"} for c in cursor.execute(f"describe {relation}").fetchall()]
    finally:
        handle.close()
    say({"stats": {"unique_id": node.unique_id, "row_count": rows, "columns": columns}})


def describe(node, response, adapter):
    """Through any adapter. Counting reads the whole table there, so it is done only for tables whose count the adapter did not give."""
    with adapter.connection_named("headgate_" + node.unique_id):
        relation = adapter.Relation.create(node.node_relation.database, node.node_relation.schema, node.node_relation.alias)
        columns = [{"name": c.name, "type": c.data_type, "nullable": True} for c in adapter.get_columns_in_relation(relation)]
        stats = {"unique_id": node.unique_id, "columns": columns}
        affected = response.get("rows_affected")
        whole = node.materialized in ("table", "seed") and affected is not None and float(affected) >= 0
        if not whole and node.materialized != "view":
            _, table = adapter.execute(f"select count(*) from {relation}", fetch=True)
            stats["row_count"] = int(table.rows[0][0])
        if adapter.type() == "trino" and node.materialized != "view":
            stats["iceberg"] = iceberg_commit(adapter, relation)
    say({"stats": stats})


def iceberg_commit(adapter, relation):
    """The last commit of an Iceberg table, from Trino's metadata tables; None for a table of another kind."""
    if relation.database not in connectors:
        named = relation.database.replace("'", "''")
        _, found = adapter.execute(f"select connector_name from system.metadata.catalogs where catalog_name = '{named}'", fetch=True)
        connectors[relation.database] = found.rows[0][0] if len(found.rows) > 0 else ""
    if connectors[relation.database] != "iceberg":
        return None
    snapshots, refs = (relation.incorporate(path={"identifier": relation.identifier + suffix}) for suffix in ("$snapshots", "$refs"))
    _, table = adapter.execute(
        "select cast(s.snapshot_id as varchar), s.operation, cast(to_unixtime(s.committed_at) * 1000 as bigint), json_format(cast(s.summary as json)), "
        "to_unixtime(current_timestamp) - to_unixtime(s.committed_at) "
        f"from {snapshots} s join {refs} r on r.snapshot_id = s.snapshot_id and r.name = 'main'",
        fetch=True,
    )
    if len(table.rows) == 0:
        return None
    snapshot, operation, committed_at, summary, age = table.rows[0]
    # An incremental model with nothing to add commits nothing. Ages are compared, because the server's clock may differ.
    own = float(age) <= time.monotonic() - state["began"]
    return {"id": str(snapshot), "operation": operation, "committed_at": int(committed_at), "summary": json.loads(summary), "own": own}


def say_freshness(results):
    for result in results:
        status = str(getattr(result, "status", ""))
        node = getattr(result, "node", None)
        if node is None or node.resource_type != "source":
            continue
        fields = {name: getattr(result, name, None) for name in ("max_loaded_at", "snapshotted_at", "age", "message")}
        for name in ("max_loaded_at", "snapshotted_at"):
            fields[name] = fields[name].isoformat() if fields[name] is not None else None
        say({"freshness": {"unique_id": node.unique_id, "status": status, **fields}})


def as_dict(message):
    from google.protobuf.json_format import MessageToDict

    data = type(message)()
    data.CopyFrom(message)
    # NaN and the infinities in the meta of a node would be refused, and an error here would keep dbt waiting for its thread forever.
    if data.HasField("node_info"):
        data.node_info.ClearField("meta")
    return MessageToDict(data, preserving_proto_field_name=True)


def callback(event):
    from google.protobuf.json_format import MessageToDict

    info = event.info
    if info.name == state["request"]["gate"]:
        pass_gate()
    with_data = info.name in WITH_DATA
    if not with_data and info.level not in LEVELS:
        return
    line = {"info": {"name": info.name, "level": info.level, "msg": info.msg}}
    node = getattr(event.data, "node_info", None)
    if node is not None and node.unique_id:
        line["node"] = node.unique_id
    if with_data:
        line["data"] = as_dict(event.data)
    say(line)
    if info.name == "NodeFinished" and state["request"]["count"]:
        if node.resource_type in ("model", "seed", "snapshot") and node.materialized != "ephemeral" and event.data.run_result.status == "success":
            # An error here would fail the model in dbt's eyes.
            try:
                count(node, MessageToDict(event.data.run_result.adapter_response))
            except Exception as error:
                say({"stats": {"unique_id": node.unique_id, "error": str(error)}})


def run(request, manifest, ended):
    """Runs the command and ends the process; ended(code) is told just before that."""
    state["out"] = os.fdopen(os.dup(1), "w", encoding="utf-8")
    state["request"] = request
    state["began"] = time.monotonic()
    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)
    threading.Thread(target=listen, daemon=True).start()
    try:
        from dbt.cli.main import dbtRunner

        ignore_folders(request["folders"])
        if request["own"]:
            say_everything()
        if request["orders"]:
            order_sources(request["orders"])
        if request["elsewhere"]:
            leave_out_tests(request["elsewhere"])
        args = quicken(request["args"], request["chosen"])
        result = dbtRunner(manifest=manifest, callbacks=[callback]).invoke(args)
        exception = result.exception
        if request["args"][:2] == ["source", "freshness"] and result.result is not None:
            say_freshness(getattr(result.result, "results", []))
        code = 0 if result.success else (1 if exception is None else 2)
        if code == 0 and request["publish"]:
            say_database_paths()
            # Another version of dbt may have other names for what is asked here; then each run tells.
            try:
                say_unknown_names(result.result)
            except Exception as error:
                print(f"names are not checked: {error!r}", file=sys.stderr)
            try:
                publish_parse_state(*request["publish"])
            except Exception as error:
                note(f"dbt's parse state is not published: {error!r}")
        said = None if exception is None else (str(exception) or type(exception).__name__)
        say({"end": {"code": code, "error": said, "type": type(exception).__name__}})
    except KeyboardInterrupt:
        code = 2
        say({"end": {"code": code, "error": "interrupted", "type": "KeyboardInterrupt"}})
    # Closing writes the log of DuckDB back into the file.
    for environment in environments:
        environment.close()
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing is left to do, and an ordinary exit would take half a second to take the interpreter apart.
    import multiprocessing.util

    getattr(multiprocessing.util, "_run_finalizers", lambda: None)()
    ended(code)
    os._exit(code)
`;

/** The program of a process for one command: argument 1 is the file of its request. */
export const DBT_ONCE = `${DBT_DRIVER}
with open(sys.argv[1], encoding="utf-8") as file:
    run(json.load(file), None, lambda code: None)
`;
