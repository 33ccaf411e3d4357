/** The last commit of a dbt model in Iceberg, as metadata with the names that `icebergMetadata` uses. */
import type { Metadata } from "@headgate/shared/domain/metadata.ts";
import type { DbtStats } from "./log-line.ts";

export function icebergCommit({ id, operation, committed_at, summary, own }: NonNullable<DbtStats["iceberg"]>): Metadata {
  const sum = (...keys: readonly string[]): Metadata[string] => ({
    type: "int",
    value: keys.reduce((total, key) => total + Number(summary[key] ?? 0), 0),
  });
  const changes = (...keys: readonly string[]): Metadata[string] => (own ? sum(...keys) : { type: "int", value: 0 });
  return {
    snapshot_id: { type: "text", value: id },
    operation: { type: "text", value: own ? operation : "none" },
    committed_at: { type: "timestamp", value: committed_at },
    added_records: changes("added-records"),
    deleted_records: changes("deleted-records", "added-position-deletes", "added-equality-deletes"),
    added_files: changes("added-data-files", "added-delete-files"),
    deleted_files: changes("deleted-data-files", "removed-delete-files"),
    total_files: sum("total-data-files", "total-delete-files"),
    size_bytes: sum("total-files-size"),
  };
}
