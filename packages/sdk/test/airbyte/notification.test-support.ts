/** Bodies of Airbyte's webhook, with all the fields that it documents; values are ours. */

export interface NotificationOptions {
  readonly jobId: number;
  readonly connectionId: string;
  readonly success?: boolean | undefined;
}

/** A sync ended. */
export function syncNotification({ jobId, connectionId, success = true }: NotificationOptions): object {
  const thing = (id: string, name: string) => ({ id, name, url: `http://airbyte.example.com/${id}` });
  return {
    text: `Your connection shop ${success ? "succeeded" : "failed"}`,
    blocks: [{ type: "section", text: { type: "mrkdwn", text: "Sync completed" } }],
    data: {
      workspace: thing("b5367aab-9d68-4fea-800f-0000000000aa", "Main"),
      connection: thing(connectionId, "shop"),
      source: thing("a84f6b8c-0000-4fea-800f-0000000000bb", "Postgres"),
      destination: thing("d91c3e5a-0000-4fea-800f-0000000000cc", "Lake"),
      jobId,
      startedAt: "2025-01-01T00:00:00Z",
      finishedAt: success ? "2025-01-01T00:10:00Z" : null,
      bytesEmitted: 1000,
      bytesCommitted: 1000,
      recordsEmitted: 89,
      recordsCommitted: 89,
      recordsFilteredOut: 0,
      bytesFilteredOut: 0,
      errorMessage: success ? null : "Something failed",
      errorType: success ? null : "config_error",
      errorOrigin: success ? null : "source",
      bytesEmittedFormatted: "1000 B",
      bytesCommittedFormatted: "1000 B",
      success,
      durationInSeconds: 600,
      durationFormatted: "10 min 0 sec",
    },
  };
}

/** What a click on "test" and news of a schema send. */
export const textNotification = { text: "A test of the notification settings" };
