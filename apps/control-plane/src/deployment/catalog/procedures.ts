/** Procedures about definitions, code locations and their versions. */
import { ok } from "@headgate/shared/domain/errors.ts";
import type { ProceduresOf } from "../kernel/procedure.ts";
import { activateVersion } from "./activate-version.ts";
import { catalogOf } from "./catalog.ts";
import { listLocations, listVersionsQuery, versionView } from "./location-queries.ts";

export const definitionsProcedures: ProceduresOf<"definitions"> = {
  "definitions.hash": (reader) => ok({ hash: catalogOf(reader).hash }),
};

export const locationProcedures: ProceduresOf<"locations"> = {
  "locations.list": (reader) => ok(listLocations(reader)),
  "locations.versions": listVersionsQuery,
  "locations.activate"(tx, input) {
    const activated = activateVersion(tx, input);
    return activated.ok ? ok(() => versionView(activated.value, activated.value.id)) : activated;
  },
};
