/** The environment for a dbt that is only a command: without the variables that change what a command does. */

/** dbt reads each as DBT_X and as DBT_ENGINE_X. For the driver `flags-program.ts` says the same the other way round: what remains. */
const FLAGS: readonly string[] = [
  ..."ARTIFACT_STATE_PATH DEBUG DEFER DEFER_STATE DEFER_TO_STATE EMPTY EVENT_TIME_END EVENT_TIME_START EXCLUDE_RESOURCE_TYPES".split(" "),
  ..."EXPORT_SAVED_QUERIES FAIL_FAST FAVOR_STATE FAVOR_STATE_MODE FULL_REFRESH INCLUDE_SAVED_QUERY INDIRECT_SELECTION INTROSPECT".split(
    " ",
  ),
  ..."LOG_FORMAT LOG_FORMAT_FILE LOG_LEVEL LOG_LEVEL_FILE NO_PRINT PRINT PROJECT_DIR QUIET RESOURCE_TYPES SAMPLE STATE".split(" "),
  ..."VERSION_CHECK WARN_ERROR WARN_ERROR_OPTIONS WRITE_JSON".split(" "),
];
const NAMES: ReadonlySet<string> = new Set(FLAGS.flatMap((name) => [`DBT_${name}`, `DBT_ENGINE_${name}`]));

export function withoutFlags(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !NAMES.has(name)));
}
