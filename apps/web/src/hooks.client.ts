/**
 * Turns a failed download of a page's code into a readable error. Code is fetched on first visit, which fails while the control plane is
 * down.
 */
import type { HandleClientError } from "@sveltejs/kit/hooks";

/** The messages of browsers and of the bundler's preloading. */
const NOT_FETCHED = /dynamically imported module|importing a module script|preload CSS|Failed to fetch|NetworkError|Load failed/i;

export const handleError: HandleClientError = ({ kind, error }) => {
  if (kind !== "unknown") return undefined;
  reportError(error);
  if (error instanceof Error && NOT_FETCHED.test(error.message))
    return { message: "This page could not be fetched: the control plane does not answer.", unreachable: true };
  return undefined;
};
