/** Makes sure that the single user of an embedded server, its deployment and tokens exist, and signs the browser in. */
import type { BootstrapAnswer, BootstrapRequest } from "@headgate/shared/contract/http/routes.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { SessionView } from "@headgate/shared/contract/access/session.ts";
import type { Connection } from "../client/connection.ts";
import { httpApi } from "../client/http.ts";
import type { DataFolder } from "./data-folder.ts";

export interface Bootstrapped {
  readonly connection: Connection;
  readonly agentToken: string;
}

export async function ensureBootstrapped(url: string, data: DataFolder): Promise<Bootstrapped> {
  const { secrets } = data;
  const deployment = { org: secrets.organization, name: secrets.deployment };
  const known =
    secrets.apiToken !== undefined && secrets.agentToken !== undefined
      ? { apiToken: secrets.apiToken, agentToken: secrets.agentToken }
      : null;
  if (known !== null && (await isAccepted(url, known.apiToken))) {
    return { connection: { url, token: known.apiToken, deployment, origin: "embedded" }, agentToken: known.agentToken };
  }
  // First start, or the state was deleted while the secrets stayed.
  const request: BootstrapRequest = { organization: deployment.org, deployment: deployment.name, user: { name: "you" }, tokens: "new" };
  const answer = await httpApi({ url, token: secrets.bootstrapSecret }).json<BootstrapAnswer>("POST", "/api/v1/bootstrap", request);
  if (answer.apiToken === null || answer.agentToken === null)
    throw new AppError("internal", "The control plane made no tokens at the first start.");
  data.saveSecrets({ ...secrets, apiToken: answer.apiToken, agentToken: answer.agentToken });
  return { connection: { url, token: answer.apiToken, deployment, origin: "embedded" }, agentToken: answer.agentToken };
}

/** A new link that signs a browser in once. */
export async function createLoginLink(connection: Connection): Promise<string> {
  const { url } = await httpApi(connection).json<{ readonly url: string }>("POST", "/api/v1/login-links", {});
  return url;
}

async function isAccepted(url: string, token: string): Promise<boolean> {
  try {
    await httpApi({ url, token }).json<SessionView>("GET", "/api/v1/session");
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === "unauthenticated") return false;
    throw error;
  }
}
