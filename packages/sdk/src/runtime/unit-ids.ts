/** Ids of the units the SDK makes; the agent sends them back to say what to execute. */
export function multiUnitId(name: string): string {
  return `multi:${name}`;
}

export function checkUnitId(check: { readonly asset: string; readonly name: string }): string {
  return `check:${check.asset}:${check.name}`;
}
