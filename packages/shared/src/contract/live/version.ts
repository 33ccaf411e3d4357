/** Version of the dashboard's socket messages, apart from their schemas so that a browser need not load a schema library to say hello. */
export const LIVE_VERSION = 1;
