/** Entry point `@headgate/sdk/client`: talks to a control plane over plain HTTP. */
export { createClient } from "./create-client.ts";
export type { Client, ClientOptions, ClientRuns, LaunchOptions, RunDetail, RunSummary, WaitOptions } from "./create-client.ts";
export { AppError } from "@headgate/shared/domain/errors.ts";
export type { ErrorBody, ErrorCode, ErrorDetails } from "@headgate/shared/domain/errors.ts";
