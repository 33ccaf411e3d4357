/** Schemas of the names that definitions refer to each other with. */
import { z } from "zod";

export const assetKeySchema = z
  .string()
  .max(512)
  .regex(/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/, "an asset key is segments of letters, digits, '_', '.' and '-' joined with '/'");
/** dbt makes long names of long arguments. */
export const MAX_CHECK_NAME = 300;
export const checkNameSchema = z.string().min(1).max(MAX_CHECK_NAME);
/** Room for the longest key and the longest name. */
export const checkIdSchema = z.string().max(820);
