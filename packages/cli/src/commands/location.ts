/** `headgate location`: the code locations, their versions, and the way back to an older one. */
import { AppError } from "@headgate/shared/domain/errors.ts";
import type { LocationView, VersionView } from "@headgate/shared/contract/catalog/locations.ts";
import { call, type Api } from "../client/api.ts";
import type { Connection } from "../client/connection.ts";
import type { CommandContext } from "../command-context.ts";
import { EXIT, type ExitCode } from "../terminal/exit-code.ts";
import { formatTime } from "../terminal/format.ts";
import { countsText } from "../terminal/outcome-lines.ts";
import { problemLines } from "../terminal/problem-lines.ts";
import { formatTable, type Cell } from "../terminal/table.ts";
import { connect, type ConnectFlags } from "./connect.ts";

export async function listLocations(flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const locations = await call(connection, api.locations.list.query());
  terminal.printJson({ locations });
  const { colors } = terminal;
  if (locations.length === 0) terminal.print("no code location is published; run `headgate publish`");
  for (const location of locations as readonly LocationView[]) {
    const mark = location.status === "loaded" ? colors.green("✓") : colors.red("✗");
    const active =
      location.active === null
        ? "no version is in force"
        : `version ${location.active.number} in force: ${countsText(location.active.counts)}`;
    terminal.print(`${mark} ${colors.bold(location.name)} ${location.status}, ${active}`);
    if (location.errors.length > 0) {
      terminal.print(`  the newest code does not load (since ${formatTime(location.erroredAt)}):`);
      for (const line of problemLines(location.errors, colors)) terminal.print(line === "" ? "" : `  ${line}`);
    }
  }
  return EXIT.ok;
}

export async function listVersions(name: string, flags: ConnectFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const page = await call(connection, api.locations.versions.query({ location: name, limit: 50 }));
  terminal.printJson(page);
  const { colors } = terminal;
  const columns = [
    { title: "version", align: "right" },
    { title: "" },
    { title: "published" },
    { title: "by" },
    { title: "commit" },
    { title: "contains" },
    { title: "changes" },
  ] as const;
  const rows = page.items.map((version: VersionView): readonly Cell[] => [
    { text: String(version.number) },
    { text: version.active ? "in force" : "", paint: colors.green },
    { text: formatTime(version.publishedAt) },
    { text: version.publishedBy },
    { text: version.git === null ? "" : `${version.git.commit.slice(0, 8)}${version.git.dirty ? "+" : ""}` },
    { text: countsText(version.counts) },
    { text: changesText(version.diff) },
  ]);
  for (const line of formatTable(columns, rows, colors.bold)) terminal.print(line);
  return EXIT.ok;
}

export async function rollback(
  name: string,
  flags: ConnectFlags & { readonly to?: string | undefined },
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const target = await rollbackTarget({ connection, api }, name, flags.to);
  const version = await call(connection, api.locations.activate.mutate({ location: name, version: target.id }));
  terminal.print(`${name} is back at version ${version.number}: ${countsText(version.counts)}`);
  terminal.printJson({ version });
  return EXIT.ok;
}

async function rollbackTarget(
  { connection, api }: { readonly connection: Connection; readonly api: Api },
  name: string,
  to: string | undefined,
): Promise<VersionView> {
  const { items } = await call(connection, api.locations.versions.query({ location: name, limit: 500 }));
  const versions: readonly VersionView[] = items;
  if (to !== undefined) {
    const named = versions.find((version) => String(version.number) === to || version.id === to);
    if (named !== undefined) return named;
    throw new AppError("not_found", `The code location '${name}' has no version ${to}. \`headgate location versions ${name}\` lists them.`);
  }
  const active = versions.find((version) => version.active);
  const before = versions
    .filter((version) => active !== undefined && version.number < active.number)
    .sort((a, b) => b.number - a.number)[0];
  if (before !== undefined) return before;
  throw new AppError("invalid_input", `The code location '${name}' has no version before the one in force. Name one with --to.`);
}

function changesText({ added, removed, changed }: VersionView["diff"]): string {
  const parts = [
    added.length > 0 && `+${added.length}`,
    removed.length > 0 && `-${removed.length}`,
    changed.length > 0 && `~${changed.length}`,
  ];
  return parts.filter((part) => part !== false).join(" ");
}
