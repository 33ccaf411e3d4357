/** Queries about assets and their checks. */
import type { InputOf } from "@headgate/shared/contract/table.ts";
import type {
  AssetCheckView,
  AssetDetail,
  AssetEventRow,
  AssetState,
  CheckResultView,
  MetadataSeries,
} from "@headgate/shared/contract/assets/asset-views.ts";
import type { DefinitionsAsset } from "@headgate/shared/contract/catalog/definitions.ts";
import type { Page } from "@headgate/shared/contract/view.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { assetEventRows, checkEventRows, checkStates, eventsBySeq, seriesOf, type StoredEvent } from "./asset-read-store.ts";
import { readDefinition } from "../catalog/definition-store.ts";
import { readPlace } from "../catalog/layout-store.ts";
import { assetStatesOf } from "./asset-states.ts";
import { staleCausesOfAsset } from "../assets/stale-assets.ts";
import { cutPage, numberOfCursor } from "../kernel/page-cursor.ts";
import type { Reader } from "../kernel/reader.ts";
import { unknownAsset } from "../catalog/unknown-asset.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { assetStateRows } from "../assets/asset-state-store.ts";
import { mentionedOnly } from "../catalog/mentioned-asset.ts";

/** Keys in order; the cursor is the last key of the page before. */
export function listAssetStates(reader: Reader, input: InputOf<"assets.states">): Result<Page<AssetState>> {
  const keys = catalogOf(reader).graph.keys.toSorted();
  const after = input.cursor ?? "";
  const start = after === "" ? 0 : keys.findIndex((key) => key > after);
  const page = start < 0 ? [] : keys.slice(start, start + input.limit);
  const more = start >= 0 && start + page.length < keys.length;
  return ok({ items: assetStatesOf(reader, page), next: more ? (page.at(-1) ?? null) : null });
}

export function assetDetail(reader: Reader, key: string): Result<AssetDetail> {
  const { graph, versionOf, checksByAsset } = catalogOf(reader);
  const node = graph.indexOf(key);
  if (node < 0) return unknownAsset(reader, key);
  const location = graph.assets[node]?.location ?? "";
  const version = versionOf.get(location);
  const definition = version ? readDefinition(reader.db, version.no, key) : null;
  const [state] = assetStatesOf(reader, [key]);
  if (!state) return unknownAsset(reader, key);
  const place = readPlace(reader.db, key);
  const asset: DefinitionsAsset = {
    ...(definition ?? mentionedOnly(key)),
    location,
    checks: [...(checksByAsset.get(key) ?? [])],
    x: place?.x ?? 0,
    y: place?.y ?? 0,
    level: place?.level ?? 0,
  };
  const row = assetStateRows(reader.db, [key]).get(key);
  const [latest] = row && row.materializedSeq !== null ? eventsBySeq(reader.db, [row.materializedSeq]) : [];
  return ok({
    asset,
    state,
    stale: [...staleCausesOfAsset(reader, key)],
    metadata: latest?.event.type === "asset_materialized" ? latest.event.metadata : {},
    latestEventSeq: row?.latestSeq ?? null,
  });
}

export function assetEvents(reader: Reader, input: InputOf<"assets.events">): Result<Page<AssetEventRow>> {
  if (!catalogOf(reader).graph.has(input.key)) return unknownAsset(reader, input.key);
  const before = numberOfCursor(input.cursor);
  if (!before.ok) return before;
  const rows = assetEventRows(reader.db, {
    asset: input.key,
    types: input.types,
    partition: input.partition,
    before: before.value,
    limit: input.limit + 1,
  });
  const { page, more } = cutPage(rows, { limit: input.limit, sizeOf: ({ stored }) => JSON.stringify(stored.event).length });
  return ok({
    items: page.flatMap((row) => assetEventRow(row.stored, row.partition) ?? []),
    next: more ? String(page.at(-1)?.stored.gseq) : null,
  });
}

function assetEventRow(stored: StoredEvent, partition: string | null): AssetEventRow | null {
  const { event } = stored;
  const { gseq: seq, at, run, step, reportedBy } = stored;
  const base = { seq, at, run, step, reportedBy, partition, durationMs: null, metadata: {}, failure: null, check: null, freshness: null };
  switch (event.type) {
    case "asset_materialized":
      return { ...base, type: event.type, metadata: event.metadata, durationMs: event.durationMs ?? null };
    case "asset_observed":
      return { ...base, type: event.type, metadata: event.metadata };
    case "asset_failed":
      return { ...base, type: event.type, durationMs: event.durationMs ?? null, failure: event.failure };
    case "check_evaluated":
      return { ...base, type: event.type, metadata: event.metadata, durationMs: event.durationMs ?? null, check: checkResult(stored) };
    case "freshness_changed":
      return { ...base, type: event.type, freshness: { from: event.from, to: event.to } };
    default:
      return null;
  }
}

function checkResult(stored: StoredEvent): CheckResultView | null {
  const { event } = stored;
  if (event.type !== "check_evaluated") return null;
  return {
    asset: event.asset,
    check: event.check,
    at: stored.at,
    run: stored.run,
    step: stored.step,
    passed: event.passed,
    severity: event.severity,
    description: event.description ?? null,
    metadata: event.metadata,
    partition: event.partition ?? null,
  };
}

export function assetChecks(reader: Reader, key: string): Result<readonly AssetCheckView[]> {
  const { graph, checksByAsset } = catalogOf(reader);
  if (!graph.has(key)) return unknownAsset(reader, key);
  const states = new Map((checkStates(reader.db, [key]).get(key) ?? []).map((row) => [row.name, row]));
  const events = new Map(
    eventsBySeq(
      reader.db,
      [...states.values()].map((row) => row.gseq),
    ).map((stored) => [stored.gseq, stored]),
  );
  return ok(
    (checksByAsset.get(key) ?? []).map((check) => {
      const stored = events.get(states.get(check.name)?.gseq ?? -1);
      return { ...check, latest: stored ? checkResult(stored) : null };
    }),
  );
}

export function checkHistory(reader: Reader, input: InputOf<"assets.checkHistory">): Result<Page<CheckResultView>> {
  const before = numberOfCursor(input.cursor);
  if (!before.ok) return before;
  const rows = checkEventRows(reader.db, { asset: input.key, name: input.check, before: before.value, limit: input.limit + 1 });
  const { page, more } = cutPage(rows, { limit: input.limit, sizeOf: (stored) => JSON.stringify(stored.event).length });
  return ok({ items: page.flatMap((stored) => checkResult(stored) ?? []), next: more ? String(page.at(-1)?.gseq) : null });
}

export function assetSeries(reader: Reader, input: InputOf<"assets.series">): Result<readonly MetadataSeries[]> {
  if (!catalogOf(reader).graph.has(input.key)) return unknownAsset(reader, input.key);
  const points = Map.groupBy(seriesOf(reader.db, input.key, input.limit), (point) => point.name);
  return ok(
    [...points].map(([name, rows]) => ({
      name,
      points: rows.map(({ at, value, run, partition }) => ({ at, value, run: run === "" ? null : run, partition })),
    })),
  );
}
