/** The dashboard is a single page made in the browser: nothing is rendered on a server or ahead of time. */
export const ssr = false;
export const prerender = false;
