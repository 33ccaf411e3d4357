/** `headgate assets`: the assets of the deployment or of a selection, with their state. */
import { allPages } from "@headgate/shared/contract/all-pages.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { listedAssetsContext } from "@headgate/shared/contract/catalog/selection-attributes.ts";
import type { AssetState } from "@headgate/shared/contract/assets/asset-views.ts";
import type { DefinitionsAsset } from "@headgate/shared/contract/catalog/definitions.ts";
import { buildAssetGraph } from "@headgate/shared/domain/asset-graph.ts";
import { evaluateSelection } from "@headgate/shared/domain/selection/evaluate.ts";
import { formatStaleCauses } from "@headgate/shared/format/staleness.ts";
import { call, type Api } from "../../client/api.ts";
import type { Connection } from "../../client/connection.ts";
import { readDefinitions } from "../../client/definitions.ts";
import { parseSelectionText, withText } from "../../client/selection.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { countText, timeText } from "../../terminal/format.ts";
import { printTable, type Cell } from "../../terminal/table.ts";
import type { Colors } from "../../terminal/terminal.ts";
import { connect, type ConnectFlags } from "../connect.ts";

export async function listAssets(selection: string | undefined, flags: ConnectFlags, command: CommandContext): Promise<ExitCode> {
  const { terminal } = command;
  const parsed = selection === undefined ? null : parseSelectionText(selection);
  const { connection, api } = await connect(flags, command);
  const document = await readDefinitions(connection, api);
  const states = await allStates(connection, api);
  const graph = buildAssetGraph(document.assets);
  const context = listedAssetsContext(document, graph, (key) => states.get(key));
  const chosen = parsed === null ? null : new Set(unwrap(withText(evaluateSelection(parsed, graph, context), selection ?? "")));
  const shown = document.assets.filter((asset) => chosen === null || chosen.has(asset.key));
  const stale = new Map((await call(connection, api.assets.stale.query())).map(({ key, causes }) => [key, causes]));
  terminal.printJson({
    assets: shown.map((asset) => ({ ...asset, state: states.get(asset.key) ?? null, stale: stale.get(asset.key) ?? [] })),
  });
  if (shown.length === 0) {
    terminal.print(
      selection === undefined ? "no assets are published" : "the selection contains no assets; `headgate assets` without one lists all",
    );
    return EXIT.ok;
  }
  const { colors } = terminal;
  const columns = [
    { title: "asset" },
    { title: "group" },
    { title: "kinds" },
    { title: "state" },
    { title: "rows", align: "right" },
    { title: "materialized" },
    { title: "stale" },
  ] as const;
  const rows = shown.map((asset): readonly Cell[] => {
    const state = states.get(asset.key) ?? null;
    const text = stateText(asset, state);
    return [
      { text: asset.key },
      { text: asset.group },
      { text: asset.kinds.join(", ") },
      { text, paint: paintOf(text, colors) },
      { text: countText(state?.materialized?.rowCount ?? null) },
      { text: timeText(state?.materialized?.at ?? null) },
      { text: formatStaleCauses(stale.get(asset.key) ?? [], command.now()), paint: colors.yellow },
    ];
  });
  printTable(terminal, columns, rows);
  return EXIT.ok;
}

async function allStates(connection: Connection, api: Api): Promise<Map<string, AssetState>> {
  const states = await allPages<AssetState>((cursor) => call(connection, api.assets.states.query({ cursor })));
  return new Map(states.map((state) => [state.key, state]));
}

type StateText = "external" | "running" | "queued" | "never" | AssetState["health"];

function stateText(asset: Pick<DefinitionsAsset, "unit">, state: AssetState | null): StateText {
  if (state?.inProgress) return state.inProgress.status;
  if (asset.unit === null) return "external";
  if (state === null || (state.materialized === null && state.failed === null && state.observedAt === undefined)) return "never";
  return state.health;
}

function paintOf(text: StateText, colors: Colors): (text: string) => string {
  if (text === "healthy") return colors.green;
  if (text === "failed") return colors.red;
  if (text === "warning") return colors.yellow;
  return text === "running" ? colors.cyan : colors.dim;
}
