/** Fields that the inputs of several procedures have. */
import { z } from "zod";

export const nameSchema = z.string().min(1).max(200);
/** The id of anything but a run. */
export const idSchema = z.string().max(100);
export const runIdSchema = z.uuid();
export const tagsSchema = z.record(z.string().max(200), z.string().max(1000)).default({});
export const partitionTextSchema = z.string().min(1).max(2000);
export const prioritySchema = z.number().int().min(-1000).max(1000);
/** Makes a repeated call (double click, retried request) answer with what the first one made. */
export const requestIdSchema = z.string().max(100);

/** How a client asks for a page of a list. */
export const cursorSchema = z.string().max(500).nullish();
export const limitSchema = z.number().int().min(1).max(500);
