/** How user code writes structured log lines; they appear live in the run page. */

/**
 * Structured logger of an asset, check, sensor or resource.
 *
 * @example
 * log.info("loaded orders", { rows: 1200 });
 */
export interface Logger {
  /** Writes a line that the run page hides by default. */
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Writes a line. */
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Writes a line that is marked as a warning. */
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** The same as `warn`, by its name in Python. */
  warning(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Writes a line that is marked as an error; the step goes on. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Environment variables of the worker; values never leave the cluster. */
export type Env = Readonly<Record<string, string | undefined>>;
