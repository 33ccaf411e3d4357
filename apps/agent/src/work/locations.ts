/** The code location versions of this agent: loads a version when it becomes active, says whether it loads, removes old ones. */
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { Hello } from "@headgate/shared/protocol/up.ts";
import { errorText, type AgentLog } from "../agent-log.ts";
import type { Report } from "../connection/report.ts";
import type { ExecutorLocations } from "../executors/executor.ts";

export interface LocationsOptions {
  readonly executor: ExecutorLocations;
  readonly report: (report: Report) => void;
  /** Versions that running or waiting steps still need. */
  readonly neededVersions: (location: string) => ReadonlySet<string>;
  readonly log: AgentLog;
}

type State = Hello["locations"][number]["state"];

/** Knows which versions are active and whether they load. */
export class Locations {
  readonly #options: LocationsOptions;
  /** Location -> active version. */
  readonly #active = new Map<string, string>();
  readonly #states = new Map<string, { readonly location: string; readonly version: string; state: State }>();

  constructor(options: LocationsOptions) {
    this.#options = options;
  }

  get states(): Hello["locations"] {
    return [...this.#states.values()].map((entry) => ({ ...entry }));
  }

  /** The complete list at a welcome: a version that is not in it is no longer active. */
  setActive(locations: readonly { readonly location: string; readonly version: string }[]): void {
    this.#active.clear();
    for (const { location, version } of locations) this.#active.set(location, version);
    this.#options.executor.setActive((location, version) => this.#active.get(location) === version);
    for (const { location, version } of locations) {
      const known = this.#states.get(`${location}@${version}`);
      if (known === undefined || known.state === "failed") this.#start(location, version);
    }
  }

  /** One version became active. */
  load(location: string, version: string): void {
    this.#active.set(location, version);
    this.#options.executor.setActive((name, active) => this.#active.get(name) === active);
    if (this.#states.get(`${location}@${version}`)?.state !== "loading") this.#start(location, version);
  }

  #start(location: string, version: string): void {
    const entry = { location, version, state: "loading" as State };
    this.#states.set(`${location}@${version}`, entry);
    void this.#warm(location, version).then((errors) => {
      entry.state = errors.length === 0 ? "ready" : "failed";
      const { log, report } = this.#options;
      if (errors.length === 0) log.info("code location ready", { location, version });
      else log.error("code location could not be loaded", { location, version, error: errors[0]?.message });
      report({ k: "location", location, version, state: entry.state, ...(errors.length > 0 && { errors: [...errors] }) });
      // A version that cannot be removed stays until the next version becomes active.
      return this.#forgetOld(location).catch((error: unknown) =>
        log.warn("old code location versions could not be removed", { location, error: errorText(error) }),
      );
    });
  }

  async #warm(location: string, version: string): Promise<readonly LoadError[]> {
    try {
      return await this.#options.executor.load(location, version);
    } catch (error) {
      const hint =
        error instanceof AppError && error.code === "invalid_input"
          ? {}
          : { hint: "The agent tries again when a step needs it or at the next connect." };
      return [{ kind: "project", message: errorText(error), ...hint }];
    }
  }

  async #forgetOld(location: string): Promise<void> {
    const needed = this.#options.neededVersions(location);
    const removed = await this.#options.executor.removeUnused(
      location,
      (version) => needed.has(version) || this.#active.get(location) === version || this.#loading(location, version),
    );
    for (const version of removed) this.#states.delete(`${location}@${version}`);
    if (removed.length > 0) this.#options.log.info("removed old code location versions", { location, versions: [...removed] });
  }

  #loading(location: string, version: string): boolean {
    return this.#states.get(`${location}@${version}`)?.state === "loading";
  }
}
