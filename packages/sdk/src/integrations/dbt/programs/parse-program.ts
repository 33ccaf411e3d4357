/** Name of a line for who publishes. */
export const PUBLISH_NOTE = "HeadgatePublishNote";

/**
 * A part of the driver: dbt's parse state (partial_parse.msgpack) as something that can be published. dbt would throw it away where the
 * database lies in another folder; and as dbt writes it, it differs with every parse and knows the values of environment variables.
 */
export const DBT_PARSE = String.raw`
def ignore_folders(folders):
    """Takes connections for the same that differ only in the folders of this machine."""
    if not folders:
        return
    try:
        import pprint
        from dbt.contracts.files import FileHash
        from dbt.parser.manifest import ManifestLoader

        own = ManifestLoader.build_manifest_state_check
    except (ImportError, AttributeError):
        return

    def build_manifest_state_check(loader):
        check = own(loader)
        said = pprint.pformat(sorted(loader.root_project.credentials.connection_info()))
        for folder, name in folders:
            said = said.replace(folder, name)
        check.profile_hash = FileHash.from_contents(said)
        return check

    ManifestLoader.build_manifest_state_check = build_manifest_state_check


def publish_parse_state(source, destination):
    """The state without times, values of variables and places of this machine; none when another machine could not use it."""
    import gzip, msgpack, os
    from dbt.constants import DEFAULT_ENV_PLACEHOLDER

    with open(source, "rb") as file:
        state = msgpack.unpackb(file.read(), strict_map_key=False)
    for entry in entries(state):
        if os.path.isabs(entry.get("root_path") or ""):
            return
        # Older than any parse, so that what is unchanged stays as it is.
        if "created_at" in entry:
            entry["created_at"] = 0.0
    for entry in state["files"].values():
        entry["path"]["modification_time"] = 0.0
        entry["path"]["project_root"] = entry["path"]["project_root"].split("/site-packages/")[-1]
    values = values_of_variables(state)
    # What was read with a default stays as it is where the variable is not set either; no variable can have the other value.
    state["env_vars"] = {name: value if value == DEFAULT_ENV_PLACEHOLDER else "\0" for name, value in state["env_vars"].items()}
    metadata = state["metadata"]
    for name in ("generated_at", "invocation_started_at", "run_started_at"):
        if name in metadata:
            metadata[name] = "1970-01-01T00:00:00Z"
    metadata.update({"invocation_id": None, "user_id": None, "env": {}})
    content = msgpack.packb(state)
    rendered = sorted({name for name, value in values if value in content})
    if rendered:
        note(
            "dbt's parse state is not published, so the first run on an agent reads the whole project again: "
            f"values of environment variables occur in it ({', '.join(rendered)})."
        )
        if os.path.exists(destination):
            os.remove(destination)
        return
    temporary = f"{destination}.{os.getpid()}"
    os.makedirs(os.path.dirname(destination), exist_ok=True)
    with open(temporary, "wb") as file, gzip.GzipFile("", "wb", 6, file, 0) as packed:
        packed.write(content)
    os.replace(temporary, destination)


def note(text):
    say({"info": {"name": "${PUBLISH_NOTE}", "level": "warn", "msg": text}})


def values_of_variables(state):
    """Of those that models, YAML files and dbt_project.yml read; what is shorter is no secret, and is in every project somewhere."""
    from dbt.adapters.factory import FACTORY
    from dbt.constants import DEFAULT_ENV_PLACEHOLDER

    found = [*state["env_vars"].items(), *(state["metadata"].get("env") or {}).items()]
    for adapter in FACTORY.adapters.values():
        found += adapter.config.project_env_vars.items()
    return [
        (name, value.encode("utf-8", "surrogateescape"))
        for name, value in found
        if len(value) >= 4 and value != DEFAULT_ENV_PLACEHOLDER and value.lower() not in ("true", "false")
    ]


def entries(state):
    for kind in state.values():
        for entry in kind.values() if isinstance(kind, dict) else ():
            yield from (entry if isinstance(entry, list) else [entry] if isinstance(entry, dict) else ())
`;
