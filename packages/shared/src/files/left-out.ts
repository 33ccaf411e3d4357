/** What is no part of a published code location whatever an ignore file says: outputs of tools, databases, Python environments, secrets. */

/** Why something in a folder is not published. `tool`: what tools leave behind; no one needs to hear of it. */
export type LeftOutKind = "tool" | "ignored" | "output" | "secret" | "database" | "python";

const TOOLS = new Set([
  ".git",
  ".hg",
  ".svn",
  "node_modules",
  "__pycache__",
  ".DS_Store",
  ".headgate",
  ".venv",
  ".turbo",
  ".idea",
  ".vscode",
  ".mypy_cache",
  ".pytest_cache",
  ".ruff_cache",
]);
/** `.env.example` is made to be shared. */
const ENV_FILE = /^\.env(?:rc|\.(?!example$|sample$|template$|dist$).+)?$|\.env$/;
const KEY_FILE =
  /\.(?:pem|key|p12|pfx|jks|keystore|ppk|kdbx|asc|gpg)$|^id_(?:rsa|dsa|ecdsa|ed25519)$|^\.(?:netrc|pgpass|npmrc|pypirc|htpasswd)$|^(?:service[-_]?account|keyfile|gcp[-_]?key|client[-_]secret|application_default_credentials)[^/]*\.json$/i;
const DATABASE = /\.(?:duckdb|ddb|sqlite|sqlite3|db)(?:[.-](?:wal|shm|journal|lock|tmp))?$|\.wal$/i;
/** Public halves and certificates of authorities carry these names too, so the content decides. */
const MAYBE_KEY = /\.(?:pem|key|asc|gpg)$/i;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/;
const SERVICE_ACCOUNT = /"private_key"\s*:\s*"-----BEGIN/;

export function leftOutByName(name: string, isFolder: boolean): LeftOutKind | null {
  if (TOOLS.has(name)) return "tool";
  if (isFolder) return null;
  if (ENV_FILE.test(name)) return "secret";
  if (KEY_FILE.test(name) && !MAYBE_KEY.test(name)) return "secret";
  return DATABASE.test(name) ? "database" : null;
}

/** A folder that a tool made for one machine is known by the file that the tool puts into it. */
export function leftOutByEntries(entries: readonly string[]): LeftOutKind | null {
  return entries.includes("pyvenv.cfg") || entries.includes("conda-meta") ? "python" : null;
}

/** How much of a file `leftOutByContent` wants to see. */
export const HEAD_BYTES = 8192;

export function leftOutByContent(name: string, head: Uint8Array): LeftOutKind | null {
  const text = new TextDecoder("latin1").decode(head);
  if (text.startsWith("SQLite format 3\0") || text.slice(8, 12) === "DUCK") return "database";
  if (PRIVATE_KEY.test(text) && !/\.(?:sql|py|md|yml|yaml|csv|[cm]?[jt]sx?)$/i.test(name)) return "secret";
  if (name.endsWith(".json") && SERVICE_ACCOUNT.test(text)) return "secret";
  return MAYBE_KEY.test(name) && !/-----BEGIN (?:CERTIFICATE|PUBLIC KEY|[A-Z0-9 ]+ PUBLIC KEY)/.test(text) ? "secret" : null;
}

export function leftOutText(kind: Exclude<LeftOutKind, "tool" | "output" | "ignored">): string {
  switch (kind) {
    case "secret":
      return "looks like a secret";
    case "database":
      return "is a database";
    case "python":
      return "is a Python environment";
  }
}
