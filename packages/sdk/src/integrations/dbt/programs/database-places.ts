/** Names of lines of the driver about DuckDB files: for who publishes (the path as the profile gives it), and for the log of a run. */
export const DATABASE_PATH = "HeadgateDatabasePath";

/**
 * A part of the driver: where DuckDB files are. dbt takes a relative path from its working folder, which on an agent is the folder of one
 * published version: the next version would begin with an empty database. So a relative path means a place that is kept.
 */
export const DBT_DATABASES = String.raw`
def duckdb_places():
    """Each path of a profile with the object that has it."""
    from dbt.adapters.factory import FACTORY

    for adapter in FACTORY.adapters.values():
        credentials = adapter.config.credentials
        if credentials.type == "duckdb":
            yield credentials, None
            for attached in credentials.attach or []:
                yield attached, attached.type


def is_file(path):
    return bool(path) and path != ":memory:" and ":" not in path.replace("\\", "/").split("/")[0]


def keep_databases():
    keep = state["request"].get("keep")
    if not keep:
        return
    root, kept = keep
    for place, kind in duckdb_places():
        path = place.path
        if not is_file(path) or os.path.isabs(path) or (kind or "duckdb") not in ("duckdb", "sqlite"):
            continue
        # A database that was published on purpose, to be read.
        if kind is not None and os.path.exists(path):
            continue
        real = os.path.realpath(path)
        if real.startswith(os.path.realpath(os.path.dirname(kept)) + os.sep):
            continue
        inside = os.path.relpath(real, os.path.realpath(root))
        place.path = os.path.join(kept, *("_" if part == ".." else part for part in inside.split(os.sep)))
        os.makedirs(os.path.dirname(place.path), exist_ok=True)
        say({"info": {"name": "${DATABASE_PATH}", "level": "info", "msg": f"The path {path} in profiles.yml is relative: the database is kept in {place.path}"}})


def databases():
    return [os.path.realpath(place.path) for place, kind in duckdb_places() if (kind or "duckdb") == "duckdb" and is_file(place.path)]


def say_database_paths():
    for place, kind in duckdb_places():
        if (kind or "duckdb") in ("duckdb", "sqlite") and place.path:
            say({"info": {"name": "${DATABASE_PATH}", "level": "info", "msg": place.path}})
`;
