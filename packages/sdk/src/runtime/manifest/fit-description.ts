/** A description may come from a page that a tool wrote. It is cut where it is too long, because it must not keep an asset from being published. */
import { MAX_DESCRIPTION_CHARS } from "@headgate/shared/manifest/schema.ts";

export function fitDescription<T extends { readonly description?: string | undefined }>(asset: T): T {
  const { description } = asset;
  if (typeof description !== "string" || description.length <= MAX_DESCRIPTION_CHARS) return asset;
  const note = `\n\n… (cut: ${description.length.toLocaleString("en")} characters, of which ${MAX_DESCRIPTION_CHARS.toLocaleString("en")} are kept)`;
  return { ...asset, description: description.slice(0, MAX_DESCRIPTION_CHARS - note.length).replace(/[\uD800-\uDBFF]$/, "") + note };
}
