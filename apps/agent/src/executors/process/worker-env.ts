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
  "TMPDIR",
  "TEMP",
  "TMP",
  "TERM",
  "NODE_ENV",
  "NODE_EXTRA_CA_CERTS",
  "NODE_USE_ENV_PROXY",
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

/** The variables of `env` that are basic or match one of `patterns`, which are names, `PREFIX_*` or `*`. `TZ` is only handed on by its name. */
export function workerEnv(env: Env, patterns: readonly string[]): Record<string, string> {
  const wanted = matcher([...BASIC, ...patterns]);
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && wanted(name) && !isAgentSecret(name) && mayHave(name, patterns)) given[name] = value;
  return given;
}

/** The zone of a machine must not decide which rows a partition has or what a snapshot says, so that a pattern such as `*` does not mean it. */
function mayHave(name: string, patterns: readonly string[]): boolean {
  return name !== "TZ" || patterns.includes("TZ");
}

function isAgentSecret(name: string): boolean {
  return /^HEADGATE_(.*TOKEN|HIDE_FILE)/.test(name);
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !pattern.endsWith("*")));
  const prefixes = patterns.filter((pattern) => pattern.endsWith("*")).map((pattern) => pattern.slice(0, -1));
  return (name) => names.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}
