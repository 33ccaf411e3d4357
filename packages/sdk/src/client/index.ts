/** Entry point `@headgate/sdk/client`: talks to a control plane over plain HTTP. */
export { createClient } from "./create-client.ts";
export type { Client, ClientOptions, LaunchOptions, RunDetail, RunSummary, WaitOptions } from "./create-client.ts";
