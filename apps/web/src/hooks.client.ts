/** What does a page say that could not be shown? Its code is fetched when it is first opened, and that fails while the control plane is away. */
import type { HandleClientError } from "@sveltejs/kit/hooks";

/** As the browsers and the bundler's preloading say it. */
const NOT_FETCHED = /dynamically imported module|importing a module script|preload CSS|Failed to fetch|NetworkError|Load failed/i;

export const handleError: HandleClientError = ({ kind, error }) => {
  if (kind !== "unknown") return undefined;
  reportError(error);
  if (error instanceof Error && NOT_FETCHED.test(error.message))
    return { message: "This page could not be fetched: the control plane does not answer.", unreachable: true };
  return undefined;
};
