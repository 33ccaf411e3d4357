/** Numbers as other languages write them into JSON, which JavaScript may not be able to hold: exact as a number, or kept as text. */

/** The most that `toPrecision` gives. */
const MAX_PRECISION = 100;

export interface ExactNumber {
  /** The number, or the text as it was written where a number would be another one. */
  readonly value: number | string;
  /** Written without a point or an exponent. */
  readonly isInteger: boolean;
}

export function exactNumber(text: string): ExactNumber {
  const value = Number(text);
  if (/^-?\d+$/.test(text)) return { value: Number.isSafeInteger(value) ? value : text, isInteger: true };
  if (!Number.isFinite(value)) return { value: text, isInteger: false };
  return { value: isRoundingOf(text, value) ? value : text, isInteger: false };
}

/** Whether the written digits are the number's own, to as many places as were written: 0.1 and 0.10000000000000001 are. */
function isRoundingOf(text: string, value: number): boolean {
  const written = digitsOf(text);
  if (written === "" || value === 0) return written === "" && value === 0;
  return written.length <= MAX_PRECISION && digitsOf(value.toPrecision(written.length)) === written;
}

/** Without sign, point, exponent, and zeros at the ends. */
function digitsOf(text: string): string {
  const [digits = ""] = text.toLowerCase().split("e");
  return digits.replaceAll(/[-+.]/g, "").replace(/^0+/, "").replace(/0+$/, "");
}
