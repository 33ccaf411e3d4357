/** How user code writes structured log lines; they appear live in the run page. */

/**
 * Structured logger of an asset, check, sensor or resource.
 *
 * @example
 * log.info("loaded orders", { rows: 1200 });
 */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Environment variables of the worker; values never leave the cluster. */
export type Env = Readonly<Record<string, string | undefined>>;
