/** Schemas of the names that definitions refer to each other with. */
import { z } from "zod";

export const assetKeySchema = z
  .string()
  .max(512)
  .regex(/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/, "an asset key is segments of letters, digits, '_', '.' and '-' joined with '/'");
/** Room for the longest key and the longest name. */
export const checkIdSchema = z.string().max(820);
