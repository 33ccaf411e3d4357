/** The refusal for an unknown asset key, with suggestions of similar keys. */
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import { refuse, type Result } from "@headgate/shared/domain/errors.ts";
import type { Reader } from "../kernel/reader.ts";
import { catalogOf } from "./catalog.ts";

export function unknownAsset(reader: Reader, key: string): Result<never> {
  const nearest = nearestKeys(key, catalogOf(reader).graph.keys, 3);
  return refuse("not_found", `There is no asset ${key}.${nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : ""}`, {
    asset: key,
    nearest,
  });
}
