/** Collects everything that is wrong with a code location, so that a person sees all of it at once, each with file and line. */
import { isAbsolute, relative, sep } from "node:path";
import type { LoadError } from "@headgate/shared/manifest/schema.ts";
import type { DefinitionSite } from "../../options/definition-site.ts";
import { codeFrameAt } from "../failures/code-frame.ts";

/** Each code frame reads files again, and a person reads no more of them than this. */
const MAX_CODE_FRAMES = 20;

export interface Problems {
  /** `hint` says what to do about it. */
  add(site: DefinitionSite | undefined, message: string, hint?: string): void;
  addErrors(errors: readonly LoadError[]): void;
  readonly errors: readonly LoadError[];
  /** The site as the manifest has it: relative to the project root, with '/'. */
  place(site: DefinitionSite | undefined): DefinitionSite | undefined;
}

export function collectProblems(root: string): Problems {
  const errors: LoadError[] = [];
  const place = (site: DefinitionSite | undefined): DefinitionSite | undefined => {
    if (site === undefined) return undefined;
    const inside = relative(root, site.file);
    const file = inside.startsWith("..") || isAbsolute(inside) ? site.file : inside;
    return { file: file.split(sep).join("/"), line: site.line };
  };
  return {
    errors,
    place,
    add(site, message, hint) {
      const at = place(site);
      const codeFrame = site && errors.length < MAX_CODE_FRAMES ? codeFrameAt(site) : undefined;
      errors.push({
        kind: "invalid_definition",
        message,
        ...(codeFrame !== undefined && { codeFrame }),
        ...(at && { file: at.file, line: at.line }),
        ...(hint !== undefined && { hint }),
      });
    },
    addErrors(more) {
      // Several units of one dbt project report the same error.
      const known = new Set(errors.map((error) => JSON.stringify(error)));
      errors.push(...more.filter((error) => !known.has(JSON.stringify(error))));
    },
  };
}
