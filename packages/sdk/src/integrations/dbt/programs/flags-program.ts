/**
 * A part of the driver: what Headgate's own commands do is said by their arguments alone. Most options of dbt can also be given by a
 * variable (DBT_FULL_REFRESH) or by the project (`flags:` in dbt_project.yml); here both are without effect on what is done. They keep
 * their effect on how fast it is done. Jinja still reads every variable.
 */
export const DBT_FLAGS = String.raw`
# Options that say how, not what.
FREE = {
    "cache_selected_only", "debug", "log_cache_events", "log_file_max_bytes", "macro_debugging", "partial_parse", "populate_cache",
    "printer_width", "send_anonymous_usage_stats", "single_threaded", "sqlparse", "static_parser", "store_failures",
    "use_experimental_parser", "use_fast_test_edges",
}
DECIDED = ("fail_fast", "indirect_selection", "log_format", "log_level", "warn_error", "write_json")


def say_everything():
    """Gives a function that undoes it."""
    from dbt.cli import flags, main

    undo = []
    pending = [main.cli]
    while pending:
        command = pending.pop()
        pending.extend(getattr(command, "commands", {}).values())
        for parameter in command.params:
            if parameter.name not in FREE and getattr(parameter, "envvar", None) is not None:
                undo.append((parameter, "envvar", parameter.envvar))
                parameter.envvar = None
    own = getattr(flags, "read_project_flags", None)

    def read_project_flags(*arguments):
        said = own(*arguments)
        for name in DECIDED:
            if hasattr(said, name):
                setattr(said, name, None)
        options = getattr(said, "warn_error_options", None)
        if options:
            said.warn_error_options = {"silence": options["silence"]} if options.get("silence") else None
        return said

    if own is not None:
        undo.append((flags, "read_project_flags", own))
        flags.read_project_flags = read_project_flags

    def restore():
        for thing, name, value in undo:
            setattr(thing, name, value)

    return restore
`;
