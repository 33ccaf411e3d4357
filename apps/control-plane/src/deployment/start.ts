/** Starts an object: migrates its database and repairs what hibernation, a crash or a release may have left. */
import { disconnectVanished } from "./agent-protocol/agent-state.ts";
import { drawLineage } from "./catalog/layout-graph.ts";
import type { Engine } from "./engine.ts";
import { migrate, type MigrationTarget } from "./kernel/migrate.ts";
import { MIGRATIONS } from "./migrations.ts";
import { readPictureSize, LAYOUT_FORMAT } from "./catalog/layout-store.ts";
import { readMeta, writeMeta } from "./kernel/meta-store.ts";
import { catalogOf } from "./catalog/catalog.ts";

export async function start(engine: Engine, input: { readonly storage: MigrationTarget; readonly now: number }): Promise<void> {
  migrate(input.storage, MIGRATIONS);
  if (readMeta(engine.db, "stream") === null) writeMeta(engine.db, "stream", crypto.randomUUID());
  // After a release with another layout format, the layout is computed again once.
  if (catalogOf(engine).versions.length > 0 && readPictureSize(engine.db)?.format !== LAYOUT_FORMAT) engine.commit(drawLineage);
  engine.commit((tx) => disconnectVanished(tx, (socket) => engine.sockets.find(socket) !== null));
  await engine.timers.recover(input.now);
}
