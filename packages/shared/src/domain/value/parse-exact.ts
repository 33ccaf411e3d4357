/**
 * Parses JSON as programs in other languages write it. Python and others write bare `NaN` and `Infinity`, integers of any length and floats
 * with a point that JavaScript would forget; `JSON.parse` refuses the first and changes the second without a word.
 */

/** Stand-ins that JSON allows and that no program writes; the infinities are right even if one does. */
const STAND_INS: Readonly<Record<string, string>> = { NaN: "0e-1000001", Infinity: "1e1000001", "-Infinity": "-1e1000001" };
const MEANINGS: ReadonlyMap<string, string> = new Map(Object.entries(STAND_INS).map(([text, standIn]) => [standIn, text]));

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
/** TypeScript does not know the third argument yet. */
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;

/** `number` makes the value of each number, given as it was written: `1`, `1.0`, `12345678901234567890`, `NaN`, `-Infinity`. */
export function parseExact(text: string, number: (written: string) => unknown): unknown {
  const reviver: Reviver = (_key, value, { source }) =>
    typeof value === "number" ? number(source === undefined ? String(value) : (MEANINGS.get(source) ?? source)) : value;
  try {
    return parse(text, reviver);
  } catch (error) {
    const mended = withStandIns(text);
    if (mended === text) throw error;
    return parse(mended, reviver);
  }
}

/** The text with bare NaN and Infinity replaced, outside of strings. */
function withStandIns(text: string): string {
  let result = "";
  let from = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isInString) {
      if (character === "\\") at++;
      else if (character === '"') isInString = false;
      continue;
    }
    if (character === '"') isInString = true;
    if (character !== "N" && character !== "I" && character !== "-") continue;
    const name = Object.keys(STAND_INS).find((candidate) => text.startsWith(candidate, at));
    if (name === undefined) continue;
    result += text.slice(from, at) + (STAND_INS[name] ?? "");
    at += name.length - 1;
    from = at + 1;
  }
  return result + text.slice(from);
}
