/** Which environment variables user code gets. The agent's tokens are never among them. */
type Env = Readonly<Record<string, string | undefined>>;

const BASIC = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "LC_*",
  "TZ",
  "TMPDIR",
  "TEMP",
  "TMP",
  "TERM",
  "NODE_ENV",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "XDG_*",
  "VIRTUAL_ENV",
  "LD_LIBRARY_PATH",
  "DBT_*",
  "SystemRoot",
  "COMSPEC",
  "PATHEXT",
];

/** The variables of `env` that are basic or match one of `patterns`, which are names, `PREFIX_*` or `*`. */
export function workerEnv(env: Env, patterns: readonly string[]): Record<string, string> {
  const wanted = matcher([...BASIC, ...patterns]);
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && wanted(name) && !isAgentSecret(name)) given[name] = value;
  return given;
}

function isAgentSecret(name: string): boolean {
  return /^HEADGATE_.*TOKEN/.test(name);
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !pattern.endsWith("*")));
  const prefixes = patterns.filter((pattern) => pattern.endsWith("*")).map((pattern) => pattern.slice(0, -1));
  return (name) => names.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}
