/**
 * Parses a selection text: recursive descent over Dagster's asset selection language with plain words as keys. Binding, strongest
 * first: traversal (`2+x+1`), `not`, `and`, `or`. Errors name the position, the length and what was expected there.
 */
import { ok, refuse, type Result } from "../errors.ts";
import {
  CLOSED_VALUES,
  isSelectionAttribute,
  isTagAttribute,
  SELECTION_ATTRIBUTES,
  TAG_ATTRIBUTES,
  type Selection,
  type TraversalDepth,
} from "./ast.ts";
import { insteadOfDbtMethod } from "./dbt-methods.ts";
import { tokenize, type Token } from "./tokens.ts";
import { nearestKeys } from "../asset-key.ts";
import { shortened } from "../shortened.ts";

export interface SelectionErrorDetails {
  readonly position: number;
  readonly length: number;
  readonly expected: readonly string[];
}

/** Deeper nesting is refused before it can exhaust the stack. */
const MAX_DEPTH = 200;
const MAX_LENGTH = 100_000;
const OPERAND = ["an asset key", "key:", "group:", "tag:", "owner:", "kind:", "*", "not", "+", "roots(", "sinks(", "("];
const ATTRIBUTES = ["key", ...TAG_ATTRIBUTES, ...SELECTION_ATTRIBUTES];
/** How other tools write what is an operator here. */
const OTHER_FUNCTIONS: Readonly<Record<string, string>> = {
  upstream: "+name for what it depends on",
  ancestors: "+name for what it depends on",
  downstream: "name+ for what depends on it",
  descendants: "name+ for what depends on it",
  children: "name+1 for what depends on it directly",
  parents: "1+name for what it depends on directly",
  union: "or between two selections",
  intersect: "and between two selections",
};
const VALUE = ["a word", "a quoted text"];

/** Carries a refusal out of the descent; never leaves this file. */
class SyntaxProblem extends Error {
  override readonly name = "SyntaxProblem";
  readonly details: SelectionErrorDetails;
  constructor(message: string, details: SelectionErrorDetails) {
    super(message);
    this.details = details;
  }
}

interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
}

export function parseSelection(text: string): Result<Selection> {
  if (text.length > MAX_LENGTH)
    return refuse("too_large", `The selection has ${text.length} characters; at most ${MAX_LENGTH} are allowed.`);
  const cursor: Cursor = { tokens: tokenize(text), at: 0, depth: 0 };
  try {
    const selection = readOr(cursor);
    if (peek(cursor).type !== "end") throw unexpectedEnd(cursor, selection);
    return ok(selection);
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    return refuse("invalid_selection", error.message, { ...error.details });
  }
}

function readOr(cursor: Cursor): Selection {
  return readChain(cursor, { word: "or", next: readAnd });
}

function readAnd(cursor: Cursor): Selection {
  return readChain(cursor, { word: "and", next: readNot });
}

function readChain(cursor: Cursor, level: { word: "and" | "or"; next: (cursor: Cursor) => Selection }): Selection {
  const of = [level.next(cursor)];
  while (isOperator(peek(cursor), level.word)) {
    cursor.at++;
    of.push(level.next(cursor));
  }
  const [only] = of;
  return of.length === 1 && only ? only : { type: level.word, of };
}

function readNot(cursor: Cursor): Selection {
  if (!isOperator(peek(cursor), "not") || peek(cursor, 1).type === ":") return readTraversal(cursor);
  return nested(cursor, () => {
    cursor.at++;
    return { type: "not", of: readNot(cursor) };
  });
}

function readTraversal(cursor: Cursor): Selection {
  let up: TraversalDepth = 0;
  if (peek(cursor).type === "+") {
    cursor.at++;
    up = "all";
  } else if (isNumber(peek(cursor)) && peek(cursor, 1).type === "+") {
    up = readNumber(cursor);
    cursor.at++;
  }
  const of = readAtom(cursor);
  let down: TraversalDepth = 0;
  if (peek(cursor).type === "+") {
    cursor.at++;
    down = isNumber(peek(cursor)) ? readNumber(cursor) : "all";
  }
  return up === 0 && down === 0 ? of : { type: "traverse", of, up, down };
}

function readAtom(cursor: Cursor): Selection {
  const token = peek(cursor);
  if (token.type === "(") return readBrackets(cursor);
  if (token.type === "word") {
    const after = peek(cursor, 1).type;
    if (after === ":") return readAttribute(cursor);
    if (after === "(" && !isKeyword(token)) return readFunction(cursor);
  }
  if (isKeyword(token) || (token.type !== "star" && token.type !== "string" && token.type !== "word")) throw unexpected(cursor, OPERAND);
  cursor.at++;
  return token.type === "star" ? { type: "all" } : { type: "key", pattern: token.text, exact: false };
}

function readBrackets(cursor: Cursor): Selection {
  return nested(cursor, () => {
    cursor.at++;
    const inner = readOr(cursor);
    expect(cursor, ")", ["and", "or", "+", ")"]);
    return inner;
  });
}

function readFunction(cursor: Cursor): Selection {
  const { text } = peek(cursor);
  if (text !== "roots" && text !== "sinks") {
    const other = OTHER_FUNCTIONS[text.toLowerCase()];
    const advice = other === undefined ? "" : `; write ${other}`;
    throw problem(`there is no function "${shortened(text)}"${advice}`, peek(cursor), ["roots(", "sinks("]);
  }
  cursor.at++;
  return { type: text, of: readBrackets(cursor) };
}

function readAttribute(cursor: Cursor): Selection {
  const token = peek(cursor);
  const name = token.text;
  cursor.at += 2;
  if (name === "key") return { type: "key", pattern: readValue(cursor), exact: true };
  if (isTagAttribute(name)) {
    const key = readNullable(cursor) ?? "";
    if (peek(cursor).type !== "=") return { type: "tag", name, key, value: "" };
    cursor.at++;
    return { type: "tag", name, key, value: readNullable(cursor) ?? "" };
  }
  if (!isSelectionAttribute(name)) {
    const [nearest] = nearestKeys(name, ATTRIBUTES, 1);
    const ofDbt = insteadOfDbtMethod(name);
    const meant = ofDbt !== null ? `, which is a method of dbt; ${ofDbt}` : nearest === undefined ? "" : `; did you mean ${nearest}:`;
    throw problem(
      `there is no attribute "${shortened(name)}"${meant}`,
      token,
      ATTRIBUTES.map((attribute) => `${attribute}:`),
    );
  }
  const at = peek(cursor);
  const value = readNullable(cursor);
  const allowed = CLOSED_VALUES[name];
  if (allowed && !allowed.some((option) => option === (name === "status" ? value?.toLowerCase() : value)))
    throw problem(`"${shortened(at.text)}" is not a value of ${name}:`, at, allowed);
  if (peek(cursor).type === ":")
    throw problem(`a value with a colon needs double quotes, e.g. ${name}:"team:core"`, peek(cursor), ["a quoted text"]);
  return { type: "attribute", name, value };
}

function readValue(cursor: Cursor): string {
  const token = peek(cursor);
  if (token.type !== "word" && token.type !== "string" && token.type !== "star") throw unexpected(cursor, VALUE);
  cursor.at++;
  return token.text;
}

function readNullable(cursor: Cursor): string | null {
  if (peek(cursor).type !== "null") return readValue(cursor);
  cursor.at++;
  return null;
}

function readNumber(cursor: Cursor): number {
  const value = Number(peek(cursor).text);
  cursor.at++;
  // A graph has no more layers than this, and beyond it numbers lose digits.
  return Math.min(value, 1_000_000);
}

function nested(cursor: Cursor, read: () => Selection): Selection {
  if (++cursor.depth > MAX_DEPTH) throw problem(`brackets are nested more than ${MAX_DEPTH} deep`, peek(cursor), []);
  const selection = read();
  cursor.depth--;
  return selection;
}

function peek(cursor: Cursor, ahead = 0): Token {
  const token = cursor.tokens[Math.min(cursor.at + ahead, cursor.tokens.length - 1)];
  if (!token) throw new TypeError("A token list always ends with an end token.");
  return token;
}

function expect(cursor: Cursor, type: Token["type"], expected: readonly string[]): void {
  if (peek(cursor).type !== type) throw unexpected(cursor, expected);
  cursor.at++;
}

/** An attribute is followed by a colon, not by an equals sign. */
function unexpectedEnd(cursor: Cursor, selection: Selection): SyntaxProblem {
  const name = selection.type === "key" && !selection.exact ? selection.pattern : "";
  const value = peek(cursor, 1).type === "word" ? peek(cursor, 1).text : "...";
  if (peek(cursor).type !== "=" || !ATTRIBUTES.includes(name)) return unexpected(cursor, ["and", "or", "+", "the end"]);
  return problem(`an attribute needs a colon before its value; write ${name}:${shortened(value)}`, peek(cursor), [":"]);
}

function isOperator(token: Token, word: "and" | "or" | "not"): boolean {
  return token.type === "word" && token.text.toLowerCase() === word;
}

function isKeyword(token: Token): boolean {
  return isOperator(token, "and") || isOperator(token, "or") || isOperator(token, "not");
}

function isNumber(token: Token): boolean {
  return token.type === "word" && /^[0-9]+$/.test(token.text);
}

function unexpected(cursor: Cursor, expected: readonly string[]): SyntaxProblem {
  const token = peek(cursor);
  if (token.problem !== undefined) return problem(token.problem, token, expected);
  return problem(token.type === "end" ? "the text ends too early" : `unexpected ${JSON.stringify(shortened(token.text))}`, token, expected);
}

function problem(what: string, token: Token, expected: readonly string[]): SyntaxProblem {
  const hint = expected.length > 0 ? ` Expected ${expected.join(", ")}.` : "";
  return new SyntaxProblem(`Selection, character ${token.position + 1}: ${what}.${hint}`, {
    position: token.position,
    length: token.length,
    expected,
  });
}
