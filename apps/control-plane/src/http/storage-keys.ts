/** Where things lie in R2. Everything of a deployment is under its own prefix, so that one cannot even ask whether another has a blob. */
import { sha256Hex } from "../directory/secrets.ts";

export const manifestKey = (deployment: string, hash: string): string => `deployments/${deployment}/manifests/${hash}.json`;
export const blobPrefix = (deployment: string): string => `deployments/${deployment}/blobs/`;
export const blobKey = (deployment: string, sha256: string): string => `${blobPrefix(deployment)}${sha256}`;
export const definitionsKey = (deployment: string, hash: string): string => `deployments/${deployment}/definitions/${hash}.json.gz`;

/**
 * Carries a hash of the content: a chunk that is refused, or sent again with other bytes, cannot overwrite one that was recorded.
 * Step keys may be long and hold any character, so they are hashed, too.
 */
export async function logChunkKey(
  deployment: string,
  chunk: {
    readonly run: string;
    readonly step: string;
    readonly attempt: number;
    readonly stream: string;
    readonly chunk: number;
    readonly contentHash: string;
  },
): Promise<string> {
  const step = (await sha256Hex(chunk.step)).slice(0, 32);
  const number = String(chunk.chunk).padStart(8, "0");
  return `deployments/${deployment}/logs/${chunk.run}/${step}/${chunk.attempt}/${chunk.stream}/${number}-${chunk.contentHash.slice(0, 32)}.gz`;
}
