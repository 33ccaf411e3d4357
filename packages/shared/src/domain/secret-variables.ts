/** Which environment variables hold secrets? One rule for what is masked in logs and what is kept out of what is published. */
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
  return value.length >= MIN_LENGTH && SECRET_NAME.test(name);
}
