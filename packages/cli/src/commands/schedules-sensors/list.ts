/** `headgate schedule list` and `headgate sensor list`. */
import { allPages } from "@headgate/shared/contract/all-pages.ts";
import type { AutomationKind } from "@headgate/shared/contract/automations/automation-views.ts";
import { call } from "../../client/api.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { localZone, timeText } from "../../terminal/format.ts";
import { printTable, type Cell } from "../../terminal/table.ts";
import { connect } from "../connect.ts";
import type { LocationFlags } from "./find.ts";
import { kindText, nextText, resultText } from "./state-text.ts";
import { statePaint } from "./tick-text.ts";

const LIST_PAGE = 500;

export async function listSchedulesOrSensors(kind: AutomationKind, flags: LocationFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const all = await allPages((cursor) => call(connection, api.automations.list.query({ kind, cursor, limit: LIST_PAGE })));
  const found = all.filter((entry) => flags.location === undefined || entry.location === flags.location);
  terminal.printJson({ [`${kind}s`]: found });
  if (found.length === 0) {
    terminal.print(`no ${kind}s are defined`);
    return EXIT.ok;
  }
  const { colors } = terminal;
  const columns = [
    { title: kind },
    { title: "location" },
    { title: "on" },
    { title: "last tick" },
    // A schedule can have another time zone than this machine.
    { title: `next (${localZone()})` },
    { title: "result" },
  ] as const;
  const rows = found.map((entry): readonly Cell[] => {
    const kindOfSensor = kindText(entry);
    return [
      { text: kindOfSensor === null ? entry.name : `${entry.name} (${kindOfSensor})` },
      { text: entry.location },
      { text: entry.enabled ? "on" : "off", paint: entry.enabled ? colors.green : colors.dim },
      { text: timeText(entry.lastTick?.startedAt ?? null) },
      { text: nextText(entry) },
      { text: resultText(entry), paint: entry.lastTick ? statePaint(entry.lastTick.state, colors) : undefined },
    ];
  });
  printTable(terminal, columns, rows);
  return EXIT.ok;
}
