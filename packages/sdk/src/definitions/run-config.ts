/** Configuration that a run gets beside its selection. */

/** Configuration of one run. */
export interface RunConfig {
  /** By asset key (or name of a multi-asset). */
  readonly assets?: Readonly<Record<string, unknown>> | undefined;
  /** By resource key; overrides the values of the definition. */
  readonly resources?: Readonly<Record<string, unknown>> | undefined;
}
