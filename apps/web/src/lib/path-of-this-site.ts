/** Where the sign-in page may lead. Anyone can make a link to that page, so it must not lead to other sites or run scripts. */

/** The path, or `/` for everything that is not a plain path of this site. */
export function pathOfThisSite(next: string | null): string {
  const here = "https://here.invalid";
  if (next === null || !next.startsWith("/") || !URL.canParse(next, here)) return "/";
  const { origin, pathname, search, hash } = new URL(next, here);
  return origin === here && !pathname.startsWith("//") ? `${pathname}${search}${hash}` : "/";
}
