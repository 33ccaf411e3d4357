/** Metadata of a materialization about the Airbyte job that made it. */
import type { MetadataRecord } from "../../values/metadata.ts";
import type { AirbyteJob } from "./client.ts";

/** Rows and bytes are those of the whole job: Airbyte's API does not report them by stream. */
export function jobMetadata(job: AirbyteJob): MetadataRecord {
  return {
    airbyte_job_id: job.jobId,
    ...(job.rowsSynced !== undefined && { airbyte_job_rows: job.rowsSynced }),
    ...(job.bytesSynced !== undefined && { airbyte_job_bytes: job.bytesSynced }),
    ...(job.duration !== undefined && { airbyte_duration: job.duration }),
  };
}
