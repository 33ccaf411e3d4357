/**
 * A part of the driver: orders that dbt does not know. A source whose table a node of the project makes is read after that node; and a
 * test of something that another step builds is left out as long as that does not exist.
 */
export const DBT_ORDER = String.raw`
def order_sources(orders):
    """orders: pairs of a source and the node that makes its table."""
    try:
        import networkx
        from dbt.compilation import Linker

        own = Linker.link_graph
    except (ImportError, AttributeError):
        return

    def link_graph(linker, manifest):
        own(linker, manifest)
        for source, maker in orders:
            if source in linker.graph and maker in linker.graph and not networkx.has_path(linker.graph, source, maker):
                linker.graph.add_edge(maker, source)

    Linker.link_graph = link_graph


def leave_out_tests(elsewhere):
    """elsewhere: unique id of a test -> nodes it reads that are not built here."""
    try:
        from dbt.artifacts.schemas.results import NodeStatus, RunStatus
        from dbt.artifacts.schemas.run import RunResult
        from dbt.task.test import TestRunner

        status = RunStatus.NoOp
        own = TestRunner.execute
    except (ImportError, AttributeError):
        return

    def missing(adapter, manifest, ids):
        for id in ids:
            node = manifest.nodes.get(id)
            if node is None or not node.relation_name:
                continue
            try:
                found = adapter.get_relation(node.database, node.schema, node.alias)
            except Exception:
                continue
            if found is None:
                yield node.relation_name.replace('"', "").replace(chr(96), "")

    def execute(runner, test, manifest):
        names = sorted(missing(runner.adapter, manifest, elsewhere.get(test.unique_id, ())))
        if not names:
            return own(runner, test, manifest)
        say({"unread": {"unique_id": test.unique_id, "missing": names}})
        return RunResult(
            node=test, status=status, timing=[], thread_id=threading.current_thread().name, execution_time=0,
            message="not run", adapter_response={}, failures=0, batch_results=None,
        )

    TestRunner.execute = execute
`;
