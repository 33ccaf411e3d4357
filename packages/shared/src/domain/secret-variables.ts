/** Finds the environment variables that hold secrets. One rule for what is masked in logs and what is never published. */
const SECRET_NAME =
  /(SECRET|PASSWORD|PASSWD|PASSPHRASE|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SIGNING_?KEY|ENCRYPTION_?KEY|CREDENTIAL|_PWD$|(^|_)PASS$)/i;
/** Shorter values would hide ordinary words. */
const MIN_LENGTH = 8;

export interface SecretVariable {
  readonly name: string;
  readonly value: string;
}

export function secretVariables(env: Readonly<Record<string, string | undefined>>): SecretVariable[] {
  return Object.entries(env).flatMap(([name, value]) => (value !== undefined && isSecret(name, value) ? [{ name, value }] : []));
}

function isSecret(name: string, value: string): boolean {
  return value.length >= MIN_LENGTH && isSecretName(name);
}

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Also as JSON writes them. The longest first: one secret may begin with another. */
export function writtenForms(values: readonly string[]): string[] {
  return [...new Set(values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]))].sort((a, b) => b.length - a.length);
}

export function hideValues(values: readonly string[]): (text: string) => string {
  if (values.length === 0) return (text) => text;
  const pattern = new RegExp(
    writtenForms(values)
      .map((value) => value.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&"))
      .join("|"),
    "g",
  );
  return (text) => text.replaceAll(pattern, "*****");
}
