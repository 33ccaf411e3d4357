/** Selection texts. They are parsed here, so that a mistake is shown with its position before any request. */
import { AppError, unwrap, type ErrorBody, type Result } from "@headgate/shared/domain/errors.ts";
import { parseSelection } from "@headgate/shared/domain/selection/parse.ts";
import type { Selection } from "@headgate/shared/domain/selection/ast.ts";
import { placeOfWord } from "@headgate/shared/domain/selection/tokens.ts";

export function parseSelectionText(text: string): Selection {
  return unwrap(withText(parseSelection(text), text));
}

/** Adds the text to the error, so that the printer can draw a caret under the position. */
export function withText<T>(result: Result<T>, text: string): Result<T> {
  return result.ok ? result : { ok: false, error: placed(result.error, text) };
}

export function addText(error: unknown, text: string): unknown {
  if (!(error instanceof AppError) || error.code !== "invalid_selection") return error;
  const { details } = placed(error.body, text);
  return new AppError(error.code, error.message, { ...(details && { details }), cause: error });
}

/** A parsed selection has no positions, so an unknown word or attribute is looked up in the text again. */
function placed(error: ErrorBody, text: string): ErrorBody {
  const { word, attribute, position } = error.details ?? {};
  const wanted = typeof word === "string" ? word : typeof attribute === "string" ? attribute : null;
  const place = typeof position === "number" || wanted === null ? null : placeOfWord(text, wanted);
  return { ...error, details: { ...error.details, ...place, text } };
}

/** The selection of a command, given either as an argument or with --select. */
export function selectionOf(argument: string | undefined, flags: { readonly select?: string | undefined }): string | undefined {
  if (argument !== undefined && flags.select !== undefined)
    throw new AppError("invalid_input", `Give one selection: either '${argument}' or --select '${flags.select}'.`);
  return flags.select ?? argument;
}
