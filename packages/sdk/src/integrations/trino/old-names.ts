/** Options of Trino whose unit stood in their name. */
import type { DefinitionSite } from "../../options/definition-site.ts";
import { deprecated } from "../../options/deprecated.ts";
import type { Duration } from "../../options/duration.ts";

const NEW_NAMES = {
  deadlineSeconds: "deadline",
  patienceSeconds: "patience",
  idleSeconds: "idleTimeout",
  heartbeatSeconds: "heartbeat",
} as const;
const OLD_NAMES = ["deadlineSeconds", "patienceSeconds", "idleSeconds", "heartbeatSeconds"] as const;

type NewOptions = { readonly [N in (typeof NEW_NAMES)[keyof typeof NEW_NAMES]]?: Duration | undefined };
type OldOptions = { readonly [N in keyof typeof NEW_NAMES]?: number | undefined };

export interface UsePlace {
  /** The call, as `trinoResource`. */
  readonly call: string;
  readonly site: DefinitionSite | undefined;
  /** Where a warning goes when the call is made in a step. */
  readonly report?: ((text: string) => void) | undefined;
}

/** The times among the options under their new names; an old name is reported. */
export function timesOf(options: NewOptions & OldOptions, { call, site, report }: UsePlace): NewOptions {
  const times: Record<string, Duration> = {};
  for (const old of OLD_NAMES) {
    const seconds = options[old];
    const name = NEW_NAMES[old];
    if (seconds !== undefined) {
      deprecated({ site, old: `${call}({ ${old}: ${seconds} })`, use: `${call}({ ${name}: ${seconds} })` }, report);
      times[name] = seconds;
    }
    const duration = options[name];
    if (duration !== undefined) times[name] = duration;
  }
  return times;
}
