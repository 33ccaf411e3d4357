/** Name of a line that tells of a name that no run can resolve; its text is JSON. */
export const UNKNOWN_NAME = "HeadgateUnknownName";

/**
 * A part of the driver: what parsing passes over in silence and every run of the node fails with, i.e. calls of macros that do not exist,
 * variables without a value or a default, materializations that the adapter does not have. It looks only at code that always runs, not
 * inside {% if %}, {% for %} or a macro, and only at the project's own nodes.
 */
export const DBT_UNKNOWN_NAMES = String.raw`
def say_unknown_names(manifest):
    from dbt.adapters.factory import FACTORY
    from dbt.context.providers import generate_runtime_model_context

    adapter = next(iter(FACTORY.adapters.values()))
    config = adapter.config
    own = [node for node in manifest.nodes.values() if node.package_name == config.project_name]
    context = None
    for node in own:
        if getattr(node, "language", "sql") != "sql" or node.resource_type.value not in ("model", "snapshot", "test"):
            continue
        if context is None:
            context = generate_runtime_model_context(node, config, manifest)
        for kind, name, line in unknown_names(node.raw_code, context):
            say_unknown_name(node, kind, name, line)
        materialized = node.config.materialized
        # An ephemeral model is part of the queries of others, and has no macro.
        if node.resource_type.value == "model" and materialized != "ephemeral" and not manifest.find_materialization_macro_by_name(
            config.project_name, materialized, adapter.type()
        ):
            say_unknown_name(node, "materialization", materialized, None)


def say_unknown_name(node, kind, name, line):
    # A test of a YAML file has code that dbt wrote.
    line = None if node.original_file_path.endswith((".yml", ".yaml")) else line
    found = {"kind": kind, "name": name, "node": node.unique_id, "file": node.original_file_path, "line": line}
    say({"info": {"name": "${UNKNOWN_NAME}", "level": "info", "msg": json.dumps(found)}})


def unknown_names(code, context):
    from dbt_common.clients.jinja import get_environment
    from jinja2 import meta, nodes

    environment = get_environment(None, False)
    tree = environment.parse(code)
    undeclared = {name for name in meta.find_undeclared_variables(tree) if name not in context and name not in environment.globals}
    for call in calls_that_run(tree, nodes):
        callee = call.node
        if isinstance(callee, nodes.Name):
            if callee.name in undeclared:
                yield "macro", callee.name, call.lineno
            elif callee.name == "var" and len(call.args) == 1 and not call.kwargs and isinstance(call.args[0], nodes.Const):
                if not context["var"].has_var(call.args[0].value):
                    yield "var", call.args[0].value, call.lineno
        elif isinstance(callee, nodes.Getattr) and isinstance(callee.node, nodes.Name):
            package = callee.node.name
            if package in undeclared or (is_package(context.get(package)) and callee.attr not in context[package]):
                yield "macro", f"{package}.{callee.attr}", call.lineno


def is_package(value):
    from dbt.clients.jinja import MacroGenerator

    return isinstance(value, dict) and len(value) > 0 and all(isinstance(macro, MacroGenerator) for macro in value.values())


def calls_that_run(node, nodes):
    """In source order, without what a condition, a loop or a macro may leave out."""
    optional = (nodes.If, nodes.For, nodes.Macro, nodes.CallBlock, nodes.CondExpr, nodes.And, nodes.Or, nodes.FilterBlock)
    if isinstance(node, optional):
        return
    if isinstance(node, nodes.Call):
        yield node
    for child in node.iter_child_nodes():
        yield from calls_that_run(child, nodes)
`;
