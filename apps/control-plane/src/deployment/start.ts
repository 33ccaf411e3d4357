/** What an object does when it wakes: bring its database up to date and repair what its sleep, a crash or a release may have left. */
import { disconnectVanished } from "./agent-protocol/agent-state.ts";
import { drawLineage, LAYOUT_FORMAT } from "./catalog/layout-graph.ts";
import { definitionsHash } from "./catalog/definitions-hash.ts";
import type { Engine } from "./engine.ts";
import { migrate, type MigrationTarget } from "./kernel/migrate.ts";
import { MIGRATIONS } from "./migrations.ts";
import { readPictureSize } from "./catalog/layout-store.ts";
import { readMeta, writeMeta } from "./kernel/meta-store.ts";

export async function start(engine: Engine, input: { readonly storage: MigrationTarget; readonly now: number }): Promise<void> {
  migrate(input.storage, MIGRATIONS);
  if (readMeta(engine.db, "stream") === null) writeMeta(engine.db, "stream", crypto.randomUUID());
  engine.definitionsHash = await definitionsHash(engine.catalog.versions);
  // A release that places assets differently draws the picture anew, once.
  if (engine.catalog.versions.length > 0 && readPictureSize(engine.db)?.format !== LAYOUT_FORMAT) engine.commit(drawLineage);
  engine.commit((tx) => disconnectVanished(tx, (socket) => engine.sockets.find(socket) !== null));
  await engine.timers.recover(input.now);
}
