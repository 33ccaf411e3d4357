/** How a client asks for a page of a list. */
import { z } from "zod";

export const cursorSchema = z.string().max(500).nullish();
export const limitSchema = z.number().int().min(1).max(500);
