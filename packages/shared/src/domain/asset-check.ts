/** Names checks: `<asset key>:<check name>`. Asset keys have no colon, so the first one separates. */
export function checkId(check: { readonly asset: string; readonly name: string }): string {
  return `${check.asset}:${check.name}`;
}

export function parseCheckId(id: string): { asset: string; name: string } | null {
  const colon = id.indexOf(":");
  return colon <= 0 || colon === id.length - 1 ? null : { asset: id.slice(0, colon), name: id.slice(colon + 1) };
}
