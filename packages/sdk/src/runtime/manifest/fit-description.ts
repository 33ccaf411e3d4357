/** A description may come from a page that a tool wrote. It is cut where it is too long, because it must not keep an asset from being published. */
import { cutText } from "@headgate/shared/domain/value/cut-text.ts";
import { MAX_DESCRIPTION } from "@headgate/shared/manifest/schema.ts";

const ROOM_FOR_NOTE = 100;

export function fitDescription<T extends { readonly description?: string | undefined }>(asset: T): T {
  const { description } = asset;
  if (typeof description !== "string" || description.length <= MAX_DESCRIPTION) return asset;
  return { ...asset, description: cutText(description, Number.POSITIVE_INFINITY, MAX_DESCRIPTION - ROOM_FOR_NOTE) };
}
