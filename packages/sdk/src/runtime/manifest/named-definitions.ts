/** What jobs, schedules and sensors have in common when a code location is indexed: a name that only one has, and a place to complain at. */
import type { z } from "zod";
import type { DefinitionSite } from "../../options/definition-site.ts";
import type { Problems } from "./problems.ts";

interface Named {
  readonly name: string;
  readonly "~definition": { readonly site: DefinitionSite | undefined };
}

/** A job was once defined with its name before its options. */
const JOB_FORM = ' Write defineJob({ name: "nightly", selection: "*" }).';

/** The first definition of each name; the others are reported. */
export function uniqueByName<T extends Named>(list: readonly T[], what: string, problems: Problems): T[] {
  const first = new Map<string, T>();
  for (const entry of list) {
    if (typeof (entry.name as unknown) !== "string") {
      problems.add(entry["~definition"].site, `The name of a ${what} must be a text.${what === "job" ? JOB_FORM : ""}`);
      continue;
    }
    const known = first.get(entry.name);
    if (!known) first.set(entry.name, entry);
    else {
      const place = problems.place(known["~definition"].site);
      problems.add(
        entry["~definition"].site,
        `There are two ${what}s named "${entry.name}"${place ? `; the other is at ${place.file}:${place.line}` : ""}. Rename one.`,
      );
    }
  }
  return [...first.values()];
}

export interface Reporter {
  readonly report: (message: string) => void;
  /** Reports what the schema does not take of an entry about which there was nothing to report before. */
  readonly checked: <T>(schema: z.ZodType, entry: T) => T;
}

export function reporterOf(problems: Problems, site: DefinitionSite | undefined, what: string): Reporter {
  let isRight = true;
  const report = (message: string): void => {
    isRight = false;
    problems.add(site, `${what}: ${message}`);
  };
  return {
    report,
    checked(schema, entry) {
      const parsed = isRight ? schema.safeParse(entry) : null;
      for (const { path, message } of parsed?.error?.issues ?? []) report(`'${path.map(String).join(".")}' is wrong: ${message}.`);
      return entry;
    },
  };
}

/** The name of the job that is started, unless there is something wrong with it. */
export function startedJob(given: unknown, jobs: ReadonlySet<string>, report: (message: string) => void): string {
  const name = typeof given === "object" && given !== null && "name" in given ? given.name : given;
  if (typeof name !== "string") {
    report("'job' must be a job made with defineJob, or the name of one.");
    return "";
  }
  if (!jobs.has(name)) report(`there is no job "${name}". Define it with defineJob and list it in 'jobs'.`);
  return name;
}
