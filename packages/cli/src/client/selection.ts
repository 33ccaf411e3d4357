/** Selection texts: parsed here, so that a mistake is shown with its place before anything is asked of a server. */
import { AppError, unwrap, type Result } from "@headgate/shared/domain/errors.ts";
import { parseSelection } from "@headgate/shared/domain/selection/parse.ts";
import type { Selection } from "@headgate/shared/domain/selection/ast.ts";

export function parseSelectionText(text: string): Selection {
  return unwrap(withText(parseSelection(text), text));
}

/** The text belongs to the error: the printer draws a caret under the position. */
export function withText<T>(result: Result<T>, text: string): Result<T> {
  return result.ok ? result : { ok: false, error: { ...result.error, details: { ...result.error.details, text } } };
}

export function addText(error: unknown, text: string): unknown {
  if (!(error instanceof AppError) || error.code !== "invalid_selection") return error;
  return new AppError(error.code, error.message, { details: { ...error.details, text }, cause: error });
}
