/** The dashboard is a single-page application: nothing is rendered on a server or in advance. */
export const ssr = false;
export const prerender = false;
