/** Names a version of a code location by its number. Pure. */

/** The id of a version is `<location>-<number>-<hash>`; an id of another form is its own name. */
export function versionName({ location, version }: { readonly location: string; readonly version: string }): string {
  const number = version.startsWith(`${location}-`) ? /^(\d+)-[0-9a-f]+$/.exec(version.slice(location.length + 1))?.[1] : undefined;
  return number === undefined ? version : `version ${number}`;
}
