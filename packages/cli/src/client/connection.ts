/**
 * Finds the control plane, the deployment and the token: first in the options, then in the environment, then (if a token is given) in the
 * configuration of the project, and last at the embedded server of this folder, which has a token of its own for who gives none.
 */
import type { SessionView } from "@headgate/shared/contract/access/session.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { findDataFolder, readRunning, readSecrets } from "../embedded/data-folder.ts";
import { given } from "../given.ts";
import { findConfigFile, loadProject } from "../project/project.ts";
import { httpApi } from "./http.ts";

export interface Connection {
  /** Without a trailing slash. */
  readonly url: string;
  readonly token: string;
  readonly deployment: { readonly org: string; readonly name: string };
  /** For messages: where these values came from. */
  readonly origin: "options" | "environment" | "project" | "embedded";
  /** Data folder of the embedded server. */
  readonly folder?: string | undefined;
}

export interface ConnectionOptions {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  /** `<organization>/<deployment>`; optional if the token belongs to one deployment. */
  readonly deployment?: string | undefined;
  /** Data folder of an embedded server. */
  readonly data?: string | undefined;
}

export interface ConnectionSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export async function resolveConnection(options: ConnectionOptions, { env, cwd }: ConnectionSources): Promise<Connection> {
  const token = options.token ?? given(env["HEADGATE_TOKEN"]);
  const named = options.url ?? given(env["HEADGATE_URL"]);
  const configured = named === undefined && token !== undefined ? await configuredDeployment(cwd) : null;
  const url = named ?? configured?.url;
  if (url === undefined)
    return embeddedConnection({ data: options.data, token, deployment: options.deployment ?? given(env["HEADGATE_DEPLOYMENT"]) }, cwd);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new AppError(
      "invalid_input",
      `The address '${url}' of the control plane is not an http or https address. Correct --url or HEADGATE_URL.`,
    );
  }
  if (token === undefined)
    throw new AppError(
      "invalid_input",
      `No API token for ${url}${env["HEADGATE_TOKEN"] === "" ? ": HEADGATE_TOKEN is empty" : ""}. Give --token or set HEADGATE_TOKEN; API tokens are created on the Agents page of the dashboard.`,
    );
  refuseUnreadableToken(token);
  const base = url.replace(/\/+$/, "");
  const place = options.deployment ?? given(env["HEADGATE_DEPLOYMENT"]) ?? configured?.deployment;
  const deployment = place === undefined ? await onlyDeployment(base, token) : parseDeployment(place);
  return { url: base, token, deployment, origin: originOf(options.url, named) };
}

function originOf(option: string | undefined, named: string | undefined): Connection["origin"] {
  if (option !== undefined) return "options";
  return named === undefined ? "project" : "environment";
}

async function configuredDeployment(
  cwd: string,
): Promise<{ readonly url?: string | undefined; readonly deployment?: string | undefined } | null> {
  return findConfigFile(cwd) === null ? null : loadProject(cwd);
}

async function embeddedConnection(
  { data, token, deployment }: Pick<ConnectionOptions, "data" | "token" | "deployment">,
  cwd: string,
): Promise<Connection> {
  const folder = data ?? findDataFolder(cwd);
  if (folder === null) {
    throw new AppError(
      "invalid_input",
      "There is no control plane to talk to: no --url, no HEADGATE_URL, and no folder of an embedded server (.headgate) here. Start one with `headgate dev`, or give --url and --token.",
    );
  }
  const running = readRunning(folder);
  if (running === null) {
    throw new AppError(
      "unavailable",
      `The embedded server of ${folder} is not running. Start it with \`headgate dev\`, or give --url and --token.`,
    );
  }
  const secrets = readSecrets(folder);
  if (secrets.apiToken === undefined)
    throw new AppError("unavailable", `The embedded server of ${folder} is still starting. Try again in a moment.`);
  const place = deployment === undefined ? { org: secrets.organization, name: secrets.deployment } : parseDeployment(deployment);
  if (token !== undefined) {
    refuseUnreadableToken(token);
    await refuseWrongToken(running.url, token);
  }
  return { url: running.url, token: token ?? secrets.apiToken, deployment: place, origin: "embedded", folder };
}

/** Such a token cannot be used or sent. What cannot be sent would look as if the server did not answer. */
function refuseUnreadableToken(token: string): void {
  if (token.startsWith("hg_agent_")) {
    const message =
      "This is an agent token (hg_agent_...), which only agents can use. Set HEADGATE_TOKEN to an API token (hg_api_...); API tokens are created on the Agents page of the dashboard.";
    throw new AppError("invalid_input", message);
  }
  if (/^["'].*["']$/s.test(token))
    throw new AppError("invalid_input", "The API token is in quotes. Leave them out of HEADGATE_TOKEN or --token.");
  if (/^[\x21-\x7e]+$/.test(token)) return;
  const message = "The API token has a space, a line break or a letter that no token has. Copy it again into HEADGATE_TOKEN or --token.";
  throw new AppError("invalid_input", message);
}

/** A token of another control plane would otherwise lead to an answer that does not say why. */
async function refuseWrongToken(url: string, token: string): Promise<void> {
  try {
    await httpApi({ url, token }).json<SessionView>("GET", "/api/v1/session");
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "unauthenticated") throw error;
    throw new AppError(
      "unauthenticated",
      `The embedded server at ${url} does not know this token. Give --url to use another control plane, or leave out --token and HEADGATE_TOKEN to use the embedded server.`,
      { cause: error },
    );
  }
}

function parseDeployment(text: string): Connection["deployment"] {
  const [org, name, ...rest] = text.split("/");
  if (!org || !name || rest.length > 0)
    throw new AppError("invalid_input", `'${text}' is not a deployment: write <organization>/<deployment>, e.g. acme/prod.`);
  return { org, name };
}

async function onlyDeployment(url: string, token: string): Promise<Connection["deployment"]> {
  const session = await httpApi({ url, token }).json<SessionView>("GET", "/api/v1/session");
  const [first, ...others] = session.deployments;
  if (first === undefined)
    throw new AppError("forbidden", `The token gives access to no deployment at ${url}. Create a token in a deployment.`);
  if (others.length > 0) {
    const names = session.deployments.map((deployment) => `${session.organization.slug}/${deployment.name}`).join(", ");
    throw new AppError(
      "invalid_input",
      `The token may use several deployments (${names}). Choose one with --deployment or HEADGATE_DEPLOYMENT.`,
    );
  }
  return { org: session.organization.slug, name: first.name };
}
