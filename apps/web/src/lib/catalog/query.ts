/**
 * Evaluates the text of a search box. It is the selection language, except that a bare word also matches keys that contain it. Catalog and
 * lineage share it, so the same query shows the same assets in both.
 */
import { listedAssetsContext } from "@headgate/shared/contract/catalog/selection-attributes.ts";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import { STATUS_VALUES, type Selection } from "@headgate/shared/domain/selection/ast.ts";
import type { SelectionVocabulary } from "@headgate/shared/domain/selection/complete.ts";
import { emptyClauses, evaluateSelection, type SelectionContext } from "@headgate/shared/domain/selection/evaluate.ts";
import { parseSelection, type SelectionErrorDetails } from "@headgate/shared/domain/selection/parse.ts";
import { printSelection } from "@headgate/shared/domain/selection/print.ts";
import type { ErrorBody } from "@headgate/shared/domain/errors.ts";
import type { Definitions } from "#lib/deployment/definitions.ts";

export interface QueryProblem {
  readonly message: string;
  /** The text is incomplete because a person is still typing. The complete part is evaluated meanwhile. */
  readonly unfinished: boolean;
  /** Position in the text; null when the problem concerns the whole text. */
  readonly place: SelectionErrorDetails | null;
}
export interface QueryAnswer {
  /** Null: everything. */
  readonly keys: readonly string[] | null;
  readonly problem: QueryProblem | null;
  /** When nothing matches: the clauses without matches, and keys similar to the typed ones. */
  readonly empty: { readonly clauses: readonly string[]; readonly nearest: readonly string[] } | null;
}

const EVERYTHING: QueryAnswer = { keys: null, problem: null, empty: null };

export function evaluateQuery(text: string, definitions: Definitions, stateOf: (key: string) => AssetState | undefined): QueryAnswer {
  const trimmed = text.trim();
  if (trimmed === "") return EVERYTHING;
  const parsed = parseSelection(text);
  if (!parsed.ok) return explainProblem(text, parsed.error, (complete) => evaluateQuery(complete, definitions, stateOf));
  const context = listedAssetsContext(definitions.document, definitions.graph, stateOf);
  const result = evaluateSelection(parsed.value, definitions.graph, context);
  const widened = isBareWord(parsed.value)
    ? evaluateSelection({ ...parsed.value, pattern: `*${parsed.value.pattern.replaceAll(".", "/")}*` }, definitions.graph, context)
    : null;
  if (!result.ok && !widened?.ok)
    return { keys: [], problem: { message: result.error.message, unfinished: false, place: placeOf(result.error.details) }, empty: null };
  const keys = [...new Set([...(result.ok ? result.value : []), ...(widened?.ok ? widened.value : [])])].filter((key) =>
    definitions.byKey.has(key),
  );
  return { keys, problem: null, empty: keys.length > 0 ? null : explainEmpty(parsed.value, definitions, context) };
}

const UNFINISHED_END = /(?:^|\s)(?:and|or|not|[a-z_]+:|[a-z_]*\(|\+)?\s*$/i;

function explainProblem(text: string, error: ErrorBody, evaluate: (complete: string) => QueryAnswer): QueryAnswer {
  const { message } = error;
  const place = placeOf(error.details);
  const unfinished = place !== null && place.position >= text.trimEnd().length;
  const complete = text.trimEnd().replace(UNFINISHED_END, "");
  if (!unfinished || complete === text || complete.trim() === "")
    return { keys: unfinished ? null : [], problem: { message, unfinished, place }, empty: null };
  return { keys: evaluate(complete).keys, problem: { message, unfinished, place }, empty: null };
}

function explainEmpty(selection: Selection, definitions: Definitions, context: SelectionContext): QueryAnswer["empty"] {
  const clauses = emptyClauses(selection, definitions.graph, context);
  const typed = clauses.flatMap((clause) => (clause.type === "key" ? [clause.pattern.replaceAll("*", "")] : []));
  const nearest = typed.flatMap((pattern) => nearestKeys(pattern, definitions.byKey.keys(), 5));
  return { clauses: clauses.map(printSelection), nearest: [...new Set(nearest)].slice(0, 5) };
}

function isBareWord(selection: Selection): selection is Selection & { type: "key" } {
  return selection.type === "key" && !selection.exact && !selection.pattern.includes("*");
}

export function queryVocabulary(definitions: Definitions): SelectionVocabulary {
  const { document, groups, kinds, owners } = definitions;
  const tags = new Set(
    document.assets.flatMap((asset) => Object.entries(asset.tags).flatMap(([name, value]) => [name, `${name}=${value}`])),
  );
  return {
    keys: document.assets.map((asset) => asset.key),
    values: {
      group: groups,
      kind: kinds,
      owner: owners,
      tag: [...tags].sort(),
      status: STATUS_VALUES,
      job: document.jobs.map((job) => job.name),
      code_location: document.locations.map((location) => location.name),
      is: ["external", "materializable"],
      partitions: ["none", "static", "dynamic", "time", "multipartitions"],
    },
  };
}

function placeOf(details: Readonly<Record<string, unknown>> | undefined): SelectionErrorDetails | null {
  const { position, length } = details ?? {};
  if (typeof position !== "number" || typeof length !== "number") return null;
  return { position, length, expected: [] };
}
