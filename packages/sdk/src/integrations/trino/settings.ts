/** How the options of `trinoResource` become addresses, credentials and certificates; refuses what Trino would refuse later and less clearly. */
import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { readEnvValue, type EnvValue } from "../../values/env-value.ts";
import type { Env } from "../../values/log.ts";
import { headerText } from "./session-state.ts";
import type { Endpoint, TlsOptions } from "./transport.ts";

/** How to sign in. Certificates and keys are PEM texts or names of files, relative to the project. */
export type TrinoAuth =
  | {
      readonly type: "basic";
      /** Default: the user of the resource. */
      readonly user?: EnvValue | undefined;
      /** Password of the user. */
      readonly password: EnvValue;
    }
  | {
      readonly type: "jwt";
      /** The signed token. */
      readonly token: EnvValue;
    }
  | {
      readonly type: "certificate";
      /** The client's certificate. */
      readonly cert: EnvValue;
      /** The key of the certificate. */
      readonly key: EnvValue;
      /** Opens the key. Default: none. */
      readonly passphrase?: EnvValue | undefined;
    };

export interface ConnectionSettings {
  readonly url?: EnvValue | undefined;
  readonly host?: EnvValue | undefined;
  readonly port?: number | EnvValue | undefined;
  readonly https?: boolean | undefined;
  readonly user?: EnvValue | undefined;
  readonly auth?: TrinoAuth | undefined;
  readonly ca?: EnvValue | undefined;
}

const DEFAULT_USER = "headgate";

/** The credentials in it, by name. */
export function authSettings(auth: TrinoAuth | undefined): Readonly<Record<string, EnvValue | undefined>> {
  switch (auth?.type) {
    case undefined:
      return {};
    case "basic":
      return { login: auth.user, password: auth.password };
    case "jwt":
      return { token: auth.token };
    case "certificate":
      return { cert: auth.cert, key: auth.key, passphrase: auth.passphrase };
    default:
      return auth satisfies never;
  }
}

export type ReadSetting = (what: string, setting: EnvValue) => string;

export function settingReader(resource: string, env: Env): ReadSetting {
  return (what, setting) => readEnvValue(setting, env, `${what} of resource "${resource}"`);
}

export function endpointOf(settings: ConnectionSettings, read: ReadSetting, root: string): Endpoint {
  const url = addressOf(settings, read);
  const isSecure = url.startsWith("https:");
  if (settings.auth && !isSecure)
    throw new AppError(
      "user_code",
      `Trino at ${url}: \`auth\` needs https. Credentials are refused on plain http: use an https address, or leave \`auth\` out.`,
    );
  const pem = (what: string, setting: EnvValue): string => readPem(what, read(what, setting), root);
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
