/** How the options of `trinoResource` become addresses, credentials and certificates; refuses what Trino would refuse later and less clearly. */
import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { Env } from "../log.ts";
import { headerText } from "./session-state.ts";
import type { Endpoint, TlsOptions } from "./transport.ts";

/** A text, or the name of an environment variable of the agent that holds it: secrets stay in the cluster. */
export type TrinoSetting = string | { readonly env: string; readonly default?: string | undefined };

/** How to sign in. Certificates and keys are PEM texts or names of files, relative to the project. */
export type TrinoAuth =
  | {
      readonly type: "basic";
      /** Default: the resource's user. */ readonly user?: TrinoSetting | undefined;
      readonly password: TrinoSetting;
    }
  | { readonly type: "jwt"; readonly token: TrinoSetting }
  | {
      readonly type: "certificate";
      readonly cert: TrinoSetting;
      readonly key: TrinoSetting;
      readonly passphrase?: TrinoSetting | undefined;
    };

export interface ConnectionSettings {
  readonly url?: TrinoSetting | undefined;
  readonly host?: TrinoSetting | undefined;
  readonly port?: number | TrinoSetting | undefined;
  readonly https?: boolean | undefined;
  readonly user?: TrinoSetting | undefined;
  readonly auth?: TrinoAuth | undefined;
  readonly ca?: TrinoSetting | undefined;
}

const DEFAULT_USER = "headgate";

/** Names of the environment variables that some settings read. */
export function envNames(settings: readonly (TrinoSetting | number | undefined)[]): readonly string[] {
  return settings.flatMap((setting) => (typeof setting === "object" ? [setting.env] : []));
}

export function authSettings(auth: TrinoAuth | undefined): readonly (TrinoSetting | undefined)[] {
  switch (auth?.type) {
    case undefined:
      return [];
    case "basic":
      return [auth.user, auth.password];
    case "jwt":
      return [auth.token];
    case "certificate":
      return [auth.cert, auth.key, auth.passphrase];
    default:
      return auth satisfies never;
  }
}

export type ReadSetting = (what: string, setting: TrinoSetting) => string;

export function settingReader(resource: string, env: Env): ReadSetting {
  return (what, setting) => {
    if (typeof setting === "string") return setting;
    const value = env[setting.env] ?? setting.default;
    if (value !== undefined && value !== "") return value;
    throw new AppError(
      "user_code",
      `The resource "${resource}" needs the environment variable ${setting.env} (its ${what}), which the agent does not have.`,
    );
  };
}

export function endpointOf(settings: ConnectionSettings, read: ReadSetting, root: string): Endpoint {
  const url = addressOf(settings, read);
  const isSecure = url.startsWith("https:");
  if (settings.auth && !isSecure)
    throw new AppError(
      "user_code",
      `Trino at ${url}: \`auth\` needs https. Credentials are refused on plain http: use an https address, or leave \`auth\` out.`,
    );
  const pem = (what: string, setting: TrinoSetting): string => readPem(what, read(what, setting), root);
  const user = read("user", settings.user ?? DEFAULT_USER);
  const ca: TlsOptions = settings.ca === undefined ? {} : { ca: pem("ca", settings.ca) };
  const headers = { "X-Trino-User": headerText(user), "User-Agent": "headgate" };
  const { auth } = settings;
  switch (auth?.type) {
    case undefined:
      return { url, headers, tls: ca };
    case "basic": {
      const name = auth.user === undefined ? user : read("user", auth.user);
      const credentials = Buffer.from(`${name}:${read("password", auth.password)}`).toString("base64");
      return { url, headers: { ...headers, Authorization: `Basic ${credentials}` }, tls: ca };
    }
    case "jwt":
      return { url, headers: { ...headers, Authorization: `Bearer ${read("token", auth.token)}` }, tls: ca };
    case "certificate": {
      const tls = { ...ca, cert: pem("certificate", auth.cert), key: pem("key", auth.key) };
      return { url, headers, tls: auth.passphrase === undefined ? tls : { ...tls, passphrase: read("passphrase", auth.passphrase) } };
    }
    default:
      return auth satisfies never;
  }
}

function addressOf(settings: ConnectionSettings, read: ReadSetting): string {
  const { host, port, https } = settings;
  const scheme = https === true ? "https" : "http";
  const number = typeof port === "object" || typeof port === "string" ? read("port", port) : (port ?? (https === true ? 443 : 8080));
  const text =
    settings.url === undefined
      ? `${scheme}://${host === undefined ? "127.0.0.1" : read("host", host)}:${number}`
      : read("url", settings.url);
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new AppError("user_code", `"${text}" is not the address of a Trino server: write it like https://trino.example.com:8443.`);
  const { origin, pathname, username } = new URL(text);
  if (username !== "")
    throw new AppError(
      "user_code",
      "Trino's address contains a user: pass `user` and `auth` instead, so that passwords do not show up in logs.",
    );
  return `${origin}${pathname.replace(/\/$/, "")}`;
}

function readPem(what: string, text: string, root: string): string {
  if (text.includes("-----BEGIN")) return text;
  const file = isAbsolute(text) ? text : join(root, text);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new AppError("user_code", `Trino's ${what} cannot be read from ${file}. Pass a PEM text or the name of a PEM file.`, {
      cause: error,
    });
  }
}
