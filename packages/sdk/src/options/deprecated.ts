/** Old forms of the public API: they work for one minor version more, and each place that uses one is reported once with its new form. */
import type { DefinitionSite } from "./definition-site.ts";

export interface OldForm {
  /** Where the user's code has it. */
  readonly site: DefinitionSite | undefined;
  /** As the user wrote it: `defineJob("nightly", { selection })`. */
  readonly old: string;
  /** The same thing in the new form. */
  readonly use: string;
}

export interface Deprecation {
  readonly site: DefinitionSite | undefined;
  readonly message: string;
}

const reported = new Map<string, Deprecation>();

/** `report` is where the warning goes; by default to the process, whose stderr it reaches. */
export function deprecated({ site, old, use }: OldForm, report: (text: string) => void = warnProcess): void {
  const message = `${old} is deprecated and will stop working in the next minor version. Write ${use}.`;
  const text = site === undefined ? message : `${site.file}:${site.line}: ${message}`;
  if (reported.has(text)) return;
  reported.set(text, { site, message });
  report(text);
}

/** What was reported so far; publishing shows it. */
export function deprecations(): readonly Deprecation[] {
  return [...reported.values()];
}

/** A worker stays silent: publishing has reported the same code, and the warning would stand in the output of every run. */
function warnProcess(text: string): void {
  if (process.env["HEADGATE_WORKER_ID"] === undefined) process.emitWarning(text, "DeprecationWarning", "HEADGATE_OLD_FORM");
}

export interface CallParts {
  readonly site: DefinitionSite | undefined;
  /** What stood before the options, by the names it has among them now. */
  readonly identity: Readonly<Record<string, string>>;
  readonly options: object;
  /** The new name of the function, where that has changed as well. */
  readonly newName?: string | undefined;
}

/** A call with its identity before its options: `defineJob("nightly", { selection })` is `defineJob({ name: "nightly", selection })` now. */
export function oldCall(name: string, { site, identity, options, newName = name }: CallParts): OldForm {
  const names = Object.keys(options);
  const before = Object.values(identity).map((value) => JSON.stringify(value));
  const inside = Object.entries(identity).map(([option, value]) => `${option}: ${JSON.stringify(value)}`);
  return {
    site,
    old: `${name}(${[...before, ...(names.length > 0 ? [`{ ${names.join(", ")} }`] : [])].join(", ")})`,
    use: `${newName}({ ${[...inside, ...names].join(", ")} })`,
  };
}
