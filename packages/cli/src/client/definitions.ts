/** The deployment's definitions document: all assets, jobs, schedules and sensors of the active versions. */
import { deploymentPath } from "@headgate/shared/contract/http/routes.ts";
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";
import { call, type Api } from "./api.ts";
import type { Connection } from "./connection.ts";
import { httpApi } from "./http.ts";

export async function readDefinitions(connection: Connection, api: Api): Promise<DefinitionsDocument> {
  const { hash } = await call(connection, api.definitions.hash.query());
  return httpApi(connection).json<DefinitionsDocument>(
    "GET",
    deploymentPath(connection.deployment, `/definitions/${encodeURIComponent(hash)}`),
  );
}
