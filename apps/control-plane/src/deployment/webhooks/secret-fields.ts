/** Says which headers and query values of a delivery hold credentials of its sender or of systems between. They are not stored. */

const PARTS = /token|secret|passw|passphrase|authorization|signature|credential|cookie|api_?key|access_?key/;
const WORDS = new Set(["key", "auth", "sig", "jwt", "pass", "pwd"]);
/** Names a delivery and proves nothing. */
const HARMLESS = new Set(["idempotency-key"]);

export function isSecretField(name: string): boolean {
  const lower = name.toLowerCase();
  if (HARMLESS.has(lower)) return false;
  return PARTS.test(lower.replaceAll("-", "_")) || lower.split(/[^a-z0-9]+/).some((word) => WORDS.has(word));
}
