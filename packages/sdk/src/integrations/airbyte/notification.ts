/** What Airbyte's webhook says: the body of its notification of a sync that ended. */
import { z } from "zod";

/** Only what is used. Airbyte sends much more, and for tests and schema changes only a text. */
const notificationSchema = z.object({
  data: z.object({
    connection: z.object({ id: z.string() }),
    jobId: z.union([z.number().int(), z.string().regex(/^\d+$/).transform(Number)]),
    success: z.boolean(),
  }),
});

export interface SyncNotification {
  readonly connectionId: string;
  readonly jobId: number;
  readonly success: boolean;
}

/** Null for a notification that is not about an ended sync. */
export function readNotification(body: unknown): SyncNotification | null {
  const read = notificationSchema.safeParse(body);
  if (!read.success) return null;
  const { connection, jobId, success } = read.data.data;
  return { connectionId: connection.id, jobId, success };
}
