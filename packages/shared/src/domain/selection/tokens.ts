/** Cuts a selection text into tokens. Never fails: what cannot be read becomes a token of type "bad" at its position. */
export type TokenType = "word" | "string" | "star" | "null" | "(" | ")" | ":" | "=" | "+" | "bad" | "end";

export interface Token {
  readonly type: TokenType;
  /** The piece itself; of a string what it means, without quotes and escapes. */
  readonly text: string;
  readonly position: number;
  readonly length: number;
  /** What is wrong with a bad token. */
  readonly problem?: string | undefined;
}

const WORD = /[A-Za-z0-9_/.@*-]+/y;
const SPACE = /[ \t\r\n]+/y;
const NULL = "<null>";
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    SPACE.lastIndex = position;
    if (SPACE.test(text)) {
      position = SPACE.lastIndex;
      continue;
    }
    const token = readToken(text, position);
    tokens.push(token);
    position += token.length;
  }
  tokens.push({ type: "end", text: "", position: text.length, length: 0 });
  return tokens;
}

function readToken(text: string, position: number): Token {
  const char = text.charAt(position);
  if (char === "(" || char === ")" || char === ":" || char === "=" || char === "+") return { type: char, text: char, position, length: 1 };
  if (char === '"') return readString(text, position);
  if (text.startsWith(NULL, position)) return { type: "null", text: NULL, position, length: NULL.length };
  WORD.lastIndex = position;
  const word = WORD.exec(text)?.[0];
  if (word !== undefined) return { type: word === "*" ? "star" : "word", text: word, position, length: word.length };
  const bad = String.fromCodePoint(text.codePointAt(position) ?? 0);
  return {
    type: "bad",
    text: bad,
    position,
    length: bad.length,
    problem: `the character ${JSON.stringify(bad)} needs double quotes around the value it belongs to`,
  };
}

function readString(text: string, position: number): Token {
  let value = "";
  for (let at = position + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') return { type: "string", text: value, position, length: at + 1 - position };
    if (char === "\n" || char === "\r") return unclosed(text, position, at);
    if (char !== "\\") {
      value += char;
      continue;
    }
    const escaped = ESCAPES[text.charAt(++at)];
    if (escaped === undefined) {
      return at >= text.length
        ? unclosed(text, position, at)
        : {
            type: "bad",
            text: text.slice(at - 1, at + 1),
            position: at - 1,
            length: 2,
            problem: 'only \\" \\\\ \\n \\r and \\t are escapes',
          };
    }
    value += escaped;
  }
  return unclosed(text, position, text.length);
}

function unclosed(text: string, position: number, end: number): Token {
  return {
    type: "bad",
    text: text.slice(position, end),
    position,
    length: Math.min(end, text.length) - position,
    problem: "the closing double quote is missing",
  };
}

/** Where in a text does a word stand that turned out to mean nothing? */
export function placeOfWord(text: string, word: string): { readonly position: number; readonly length: number } | null {
  const token = tokenize(text).find((candidate) => candidate.text === word && (candidate.type === "word" || candidate.type === "string"));
  return token ? { position: token.position, length: token.length } : null;
}

/** Can this be written as a plain value without quotes, here as well as in Dagster? */
export function isPlainValue(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_/]*$/.test(text);
}

/** Would these characters alone be read as one word? */
export function isWord(text: string): boolean {
  return text !== "*" && /^[A-Za-z0-9_/.@*-]+$/.test(text);
}

export function quoted(text: string): string {
  return `"${text.replace(/["\\\n\r\t]/g, (char) => `\\${{ "\n": "n", "\r": "r", "\t": "t" }[char] ?? char}`)}"`;
}
