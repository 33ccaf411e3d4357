/**
 * Which control plane, which deployment, whose token? Options first, then the environment, then, when a token is given, the project's
 * configuration, and at last the embedded server of this folder.
 */
import type { SessionView } from "@headgate/shared/contract/access/session.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { findDataFolder, readRunning, readSecrets } from "../embedded/data-folder.ts";
import { findConfigFile, loadProject } from "../project/project.ts";
import { httpApi } from "./http.ts";

export interface Connection {
  /** Without a trailing slash. */
  readonly url: string;
  readonly token: string;
  readonly deployment: { readonly org: string; readonly name: string };
  /** For messages: where these values came from. */
  readonly origin: "options" | "environment" | "project" | "embedded";
}

export interface ConnectionOptions {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  /** `<organization>/<deployment>`; may be left out when the token belongs to one deployment. */
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
  if (url === undefined) return embeddedConnection(options.data, cwd);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new AppError("invalid_input", `The control plane's address '${url}' is no http or https address. Correct --url or HEADGATE_URL.`);
  }
  if (token === undefined)
    throw new AppError(
      "invalid_input",
      `No API token for ${url}. Give --token or set HEADGATE_TOKEN; API tokens are made on the dashboard's Agents page.`,
    );
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

function embeddedConnection(data: string | undefined, cwd: string): Connection {
  const folder = data ?? findDataFolder(cwd);
  if (folder === null) {
    throw new AppError(
      "invalid_input",
      "There is no control plane to talk to: no --url, no HEADGATE_URL, and no embedded server's folder (.headgate) here. Start one with `headgate dev`, or give --url and --token.",
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
  return {
    url: running.url,
    token: secrets.apiToken,
    deployment: { org: secrets.organization, name: secrets.deployment },
    origin: "embedded",
  };
}

function given(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}

function parseDeployment(text: string): Connection["deployment"] {
  const [org, name, ...rest] = text.split("/");
  if (!org || !name || rest.length > 0)
    throw new AppError("invalid_input", `'${text}' is no deployment: write <organization>/<deployment>, e.g. acme/prod.`);
  return { org, name };
}

async function onlyDeployment(url: string, token: string): Promise<Connection["deployment"]> {
  const session = await httpApi({ url, token }).json<SessionView>("GET", "/api/v1/session");
  const [first, ...others] = session.deployments;
  if (first === undefined) throw new AppError("forbidden", `The token has no deployment at ${url}. Make a token inside a deployment.`);
  if (others.length > 0) {
    const names = session.deployments.map((deployment) => `${session.organization.slug}/${deployment.name}`).join(", ");
    throw new AppError(
      "invalid_input",
      `The token may use several deployments (${names}). Choose one with --deployment or HEADGATE_DEPLOYMENT.`,
    );
  }
  return { org: session.organization.slug, name: first.name };
}
