/** Completes a selection text that is being typed: suggestions for the place of the cursor, with the piece that they replace. */
import { CLOSED_VALUES, isSelectionAttribute, SELECTION_ATTRIBUTES, TAG_ATTRIBUTES } from "./ast.ts";
import { isWord, quoted, tokenize, type Token } from "./tokens.ts";

export interface SelectionVocabulary {
  readonly keys: readonly string[];
  /** Known values of attributes, e.g. `{ group: ["bronze"], "tag": ["tier", "tier=gold"], status: ["failed"] }`. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

export interface SelectionCompletion {
  /** What is shown. */
  readonly label: string;
  /** What replaces the text from `from` to `to`. */
  readonly insert: string;
  readonly kind: "key" | "attribute" | "value" | "operator" | "function";
}

export interface SelectionCompletions {
  readonly from: number;
  readonly to: number;
  readonly options: readonly SelectionCompletion[];
}

const LIMIT = 50;
const OPERATORS: readonly SelectionCompletion[] = ["and", "or"].map((word) => ({ label: word, insert: `${word} `, kind: "operator" }));
const NOT: SelectionCompletion = { label: "not", insert: "not ", kind: "operator" };
const FUNCTIONS: readonly SelectionCompletion[] = ["roots", "sinks"].map((name) => ({
  label: `${name}(…)`,
  insert: `${name}(`,
  kind: "function",
}));
const ATTRIBUTES: readonly SelectionCompletion[] = ["key", "group", "kind", "owner", "status", ...TAG_ATTRIBUTES, ...SELECTION_ATTRIBUTES]
  .filter((name, index, all) => all.indexOf(name) === index)
  .map((name) => ({ label: `${name}:`, insert: `${name}:`, kind: "attribute" }));

export function completeSelection(text: string, cursor: number, vocabulary: SelectionVocabulary): SelectionCompletions {
  const before = tokenize(text.slice(0, cursor)).filter((token) => token.type !== "end");
  const last = before.at(-1);
  const touches = last !== undefined && last.position + last.length === cursor;
  const typed =
    touches && (last.type === "word" || last.type === "star" || (last.type === "bad" && last.text.startsWith('"'))) ? last : undefined;
  const context = typed ? before.slice(0, -1) : before;
  const prefix = typed ? typed.text.replace(/^"/, "") : "";
  const found = optionsFor(context, vocabulary, prefix);
  return { from: typed?.position ?? cursor, to: cursor, options: ranked(found, prefix) };
}

function optionsFor(context: readonly Token[], vocabulary: SelectionVocabulary, prefix: string): SelectionCompletion[] {
  const attribute = attributeAt(context);
  if (attribute !== null) {
    // The name was typed, and every object seems to have a `constructor`.
    const known = Object.hasOwn(vocabulary.values, attribute) ? vocabulary.values[attribute] : undefined;
    const closed = isSelectionAttribute(attribute) ? CLOSED_VALUES[attribute] : undefined;
    const values = attribute === "key" ? vocabulary.keys : (known ?? closed ?? []);
    return values.map((value) => ({
      label: value,
      insert: isWord(value) ? value : writeValue(attribute, value),
      kind: attribute === "key" ? "key" : "value",
    }));
  }
  const last = context.at(-1);
  const operandIsDone =
    last !== undefined &&
    (last.type === ")" ||
      last.type === "string" ||
      last.type === "star" ||
      last.type === "null" ||
      (last.type === "word" && !/^(?:and|or|not)$/i.test(last.text)));
  if (operandIsDone || (last?.type === "+" && prefix === "" && context.length > 1 && endsOperand(context.at(-2)))) return [...OPERATORS];
  return [
    ...ATTRIBUTES,
    NOT,
    ...FUNCTIONS,
    ...vocabulary.keys.map((key): SelectionCompletion => ({ label: key, insert: key, kind: "key" })),
  ];
}

function endsOperand(token: Token | undefined): boolean {
  return (
    token !== undefined &&
    (token.type === ")" || token.type === "string" || (token.type === "word" && !/^(?:and|or|not|[0-9]+)$/i.test(token.text)))
  );
}

/** `tag:tier=gold` needs its two sides quoted separately. */
function writeValue(attribute: string, value: string): string {
  if (attribute !== "tag" && attribute !== "column_tag") return quoted(value);
  const equals = value.indexOf("=");
  const sides = equals === -1 ? [value] : [value.slice(0, equals), value.slice(equals + 1)];
  return sides.map((side) => (isWord(side) ? side : quoted(side))).join("=");
}

/** The attribute whose value is being typed after these tokens. */
function attributeAt(context: readonly Token[]): string | null {
  const last = context.at(-1);
  const name = context.at(-2);
  return last?.type === ":" && name?.type === "word" ? name.text : null;
}

/** What begins with the typed text comes first, then what contains it; the order is otherwise kept. */
function ranked(options: readonly SelectionCompletion[], prefix: string): SelectionCompletion[] {
  const wanted = prefix.toLowerCase();
  const starts: SelectionCompletion[] = [];
  const contains: SelectionCompletion[] = [];
  for (const option of options) {
    const label = option.label.toLowerCase();
    if (label.startsWith(wanted)) starts.push(option);
    else if (label.includes(wanted)) contains.push(option);
    if (starts.length >= LIMIT) break;
  }
  return [...starts, ...contains].slice(0, LIMIT);
}
