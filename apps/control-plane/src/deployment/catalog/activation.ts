/** Puts a version in force together with the hash of the definitions that this makes. */
import type { VersionView } from "@headgate/shared/api/views.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { activateVersion } from "./activate-version.ts";
import { definitionsHash, versionsAfter } from "./definitions-hash.ts";
import type { Engine } from "../engine.ts";
import { versionView } from "./location-queries.ts";

/** Hashing is asynchronous and a transaction is not, so the hash is made first, for what will be in force. */
export async function activate(
  engine: Engine,
  input: { readonly location: string; readonly version: string },
): Promise<Result<VersionView>> {
  for (;;) {
    const { catalog } = engine;
    const hash = await definitionsHash(versionsAfter(engine.db, catalog, input.version));
    // Another activation came in between: the hash is not that of what will be in force.
    if (engine.catalog !== catalog) continue;
    const result = engine.commit(
      (tx) => activateVersion(tx, input),
      ({ ok: activated }) => {
        if (activated) engine.definitionsHash = hash;
      },
    );
    return result.ok ? ok(versionView(result.value, result.value.id)) : result;
  }
}
