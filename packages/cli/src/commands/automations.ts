/** `headgate schedule` and `headgate sensor`: what starts by itself, its ticks, switching it on and off, and trying it out. */
import type { AutomationKind, AutomationRef, AutomationView, DryRun } from "@headgate/shared/contract/automations/automation-views.ts";
import type { WebhookView } from "@headgate/shared/contract/automations/webhook-views.ts";
import { allPages } from "@headgate/shared/contract/all-pages.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { call, type Api } from "../client/api.ts";
import { readDefinitions } from "../client/definitions.ts";
import type { Connection } from "../client/connection.ts";
import type { CommandContext } from "../command-context.ts";
import { EXIT, type ExitCode } from "../terminal/exit-code.ts";
import { formatTime, localZone, plural } from "../terminal/format.ts";
import { formatTable, type Cell } from "../terminal/table.ts";
import { scheduleFacts, sensorFacts } from "./automation-facts.ts";
import { connect, type ConnectFlags } from "./connect.ts";
import { statePaint, tickText } from "./tick-text.ts";

/** A schedule or sensor as a person names it. */
export interface Named {
  readonly kind: AutomationKind;
  readonly name: string;
}

export type AutomationFlags = ConnectFlags & { readonly location?: string | undefined };

const LIST_PAGE = 500;

export async function listAutomations(kind: AutomationKind, flags: AutomationFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api } = await connect(flags, context);
  const all = await allPages((cursor) => call(connection, api.automations.list.query({ kind, cursor, limit: LIST_PAGE })));
  const found = all.filter((entry) => flags.location === undefined || entry.location === flags.location);
  terminal.printJson({ [`${kind}s`]: found });
  const { colors } = terminal;
  if (found.length === 0) terminal.print(`no ${kind} is defined`);
  else {
    const columns = [
      { title: kind },
      { title: "location" },
      { title: "on" },
      { title: "last tick" },
      // A schedule has a zone of its own, which may be another one.
      { title: `next (${localZone()})` },
      { title: "result" },
    ] as const;
    const rows = found.map((entry): readonly Cell[] => [
      { text: entry.sensorKind === null ? entry.name : `${entry.name} (${entry.sensorKind.replace("_", " ")})` },
      { text: entry.location },
      { text: entry.enabled ? "on" : "off", paint: entry.enabled ? colors.green : colors.dim },
      { text: formatTime(entry.lastTick?.startedAt ?? null) },
      { text: nextText(entry) },
      { text: resultText(entry), paint: entry.lastTick ? statePaint(entry.lastTick.state, colors) : undefined },
    ]);
    for (const line of formatTable(columns, rows, colors.bold)) terminal.print(line);
  }
  return EXIT.ok;
}

function resultText({ lastTick, failuresInARow, waiting }: AutomationView): string {
  if (lastTick === null) return waiting ?? "no tick yet";
  const text = tickText(lastTick);
  const repeated = failuresInARow > 1 ? `${text} (${failuresInARow} times in a row)` : text;
  // An open tick says itself what it waits for.
  return waiting === null || lastTick.message === waiting ? repeated : `${repeated}. ${waiting}`;
}

function nextText({ enabled, nextAt, pendingEvents, sensorKind }: AutomationView): string {
  if (!enabled) return "";
  if (pendingEvents > 0) return `${plural(pendingEvents, "event")} waiting`;
  if (nextAt !== null) return formatTime(nextAt);
  return sensorKind === null || sensorKind === "polling" ? "" : "on the next event";
}

export async function showAutomation(target: Named, flags: AutomationFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo(target, flags, context);
  const [detail, definitions] = await Promise.all([call(connection, api.automations.get.query(ref)), readDefinitions(connection, api)]);
  const isIt = ({ name, location }: { readonly name: string; readonly location: string }) => name === ref.name && location === ref.location;
  const schedule = ref.kind === "schedule" ? definitions.schedules.find(isIt) : undefined;
  const sensor = ref.kind === "sensor" ? definitions.sensors.find(isIt) : undefined;
  terminal.printJson({ ...detail, definition: schedule ?? sensor ?? null });
  const { automation, hook } = detail;
  const facts: readonly (readonly [string, string])[] = [
    [automation.kind, `${automation.name}${automation.sensorKind === null ? "" : ` (${automation.sensorKind.replace("_", " ")} sensor)`}`],
    ["location", automation.location],
    ...(schedule ? scheduleFacts(schedule) : []),
    ...(sensor ? sensorFacts(sensor) : []),
    ["on", onText(automation)],
    ["last tick", automation.lastTick === null ? "none yet" : `${formatTime(automation.lastTick.startedAt)} ${resultText(automation)}`],
    ["next", nextText(automation)],
    ["then", detail.upcoming.length === 0 ? "" : `${detail.upcoming.slice(0, 5).map(formatTime).join(", ")} (${localZone()})`],
    ["cursor", detail.cursor ?? ""],
    ["address", hook === null ? "" : `${hookAddress(connection.url, hook)} (${hook.verify}, ${hook.enabled ? "on" : "off"})`],
    ["secrets", hook === null ? "" : secretsText(hook)],
  ];
  for (const [title, value] of facts) if (value !== "") terminal.print(`${terminal.colors.bold(title.padEnd(10))} ${value}`);
  return EXIT.ok;
}

function hookAddress(server: string, hook: WebhookView): string {
  return hook.path === null ? "shown to editors only" : `POST ${server}${hook.path}`;
}

function secretsText({ secrets }: WebhookView): string {
  if (secrets.length === 0) return "none is valid";
  const used = (at: number | null): string => (at === null ? "never used" : `used ${formatTime(at)}`);
  return secrets
    .map(({ id, createdAt, createdBy, lastUsedAt }) => `${id} (made ${formatTime(createdAt)} by ${createdBy}, ${used(lastUsedAt)})`)
    .join(", ");
}

function onText({ enabled, changed }: AutomationView): string {
  const state = enabled ? "on" : "off";
  return changed === null ? `${state}, as defined` : `${state} since ${formatTime(changed.at)} by ${changed.by}`;
}

export async function switchAutomation(
  target: { readonly kind: AutomationKind; readonly name: string; readonly enabled: boolean | null },
  flags: AutomationFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo(target, flags, context);
  const automation = await call(connection, api.automations.setEnabled.mutate({ ...ref, enabled: target.enabled }));
  terminal.printJson({ automation });
  terminal.print(
    `${ref.kind} ${ref.name} is ${onText(automation)}${automation.nextAt === null ? "" : `; next tick ${formatTime(automation.nextAt)}`}`,
  );
  return EXIT.ok;
}

export async function releaseRunKey(
  { name, key }: { readonly name: string; readonly key: string },
  flags: AutomationFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo({ kind: "sensor", name }, flags, context);
  const automation = await call(connection, api.automations.releaseRunKey.mutate({ ...ref, key }));
  terminal.printJson({ automation, released: key });
  terminal.print(`run key ${key} of ${name} is released: the next request with it makes a run again`);
  return EXIT.ok;
}

export async function setCursor(
  { name, cursor }: { readonly name: string; readonly cursor: string | null },
  flags: AutomationFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo({ kind: "sensor", name }, flags, context);
  const before = await call(connection, api.automations.get.query(ref));
  const automation = await call(connection, api.automations.setCursor.mutate({ ...ref, cursor }));
  terminal.printJson({ automation, before: before.cursor, after: cursor });
  terminal.print(`cursor of ${name}: ${before.cursor ?? "none"} -> ${cursor ?? "none"}`);
  return EXIT.ok;
}

export interface TestFlags extends AutomationFlags {
  readonly at?: number | undefined;
  readonly cursor?: string | undefined;
  readonly body?: string | undefined;
  readonly header?: readonly string[] | undefined;
  readonly query?: readonly string[] | undefined;
}

/** Exit code 1 when the user function failed or a request would be refused. */
export async function testTick(target: Named, flags: TestFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const scheduledFor = flags.at;
  const body = flags.body === undefined ? undefined : parseBody(flags.body);
  const { connection, api, ref } = await connectTo(target, flags, context);
  const trial = await call(
    connection,
    api.automations.test.mutate({
      ...ref,
      ...(scheduledFor !== undefined && { scheduledFor }),
      ...(flags.cursor !== undefined && { cursor: flags.cursor }),
      ...(body !== undefined && { body }),
      ...pairsOf("header", flags.header),
      ...pairsOf("query", flags.query),
    }),
  );
  terminal.printJson(trial);
  if (target.kind === "schedule") terminal.print(`tick for ${formatTime(scheduledFor ?? context.now())} (${localZone()})`);
  printTrial(trial, context);
  const isRefused = [...trial.runs, ...trial.reports].some(({ problem }) => problem !== null);
  return trial.outcome === "failed" || isRefused ? EXIT.failed : EXIT.ok;
}

function printTrial(trial: DryRun, { terminal }: CommandContext): void {
  const { colors } = terminal;
  for (const { level, message } of trial.logs) terminal.print(`${level.padEnd(5)} ${message}`);
  if (trial.outcome === "failed") {
    terminal.print(colors.red(`failed: ${trial.message ?? "without a message"}`));
    if (trial.stack !== null) terminal.print(trial.stack);
  } else if (trial.runs.length === 0) terminal.print(trial.message === null ? "no run" : `no run: ${trial.message}`);
  else if (trial.message !== null) terminal.print(colors.yellow(trial.message));
  for (const run of trial.runs) {
    const what = [
      run.job ?? run.selection ?? "",
      run.partition === null ? "" : `[${run.partition}]`,
      run.runKey === null ? "" : `key ${run.runKey}`,
    ];
    const tags = Object.entries(run.tags).map(([key, value]) => `${key}=${value}`);
    terminal.print(`run ${[...what, ...tags].filter((part) => part !== "").join(" ")}`);
    if (run.problem !== null) terminal.print(colors.yellow(`    ${run.problem}`));
  }
  for (const { name, added, removed } of trial.dynamicPartitions)
    terminal.print(`partitions of ${name}: +${added.length} -${removed.length}`);
  for (const { type, asset, partition, problem } of trial.reports) {
    terminal.print(`report ${asset}${partition === null ? "" : ` [${partition}]`} as ${type}`);
    if (problem !== null) terminal.print(colors.yellow(`    ${problem}`));
  }
  if (trial.cursor !== null) terminal.print(`cursor ${trial.cursor}`);
  terminal.print(colors.dim("This was a trial: nothing was stored, nothing was started."));
}

/** The connection, and which schedule or sensor is meant. */
export async function connectTo({ kind, name }: Named, flags: AutomationFlags, context: CommandContext) {
  const connected = await connect(flags, context);
  return { ...connected, ref: await findAutomation(connected, { kind, name, location: flags.location }) };
}

/** By name alone, unless two code locations have one of that name. */
async function findAutomation(
  { connection, api }: { readonly connection: Connection; readonly api: Api },
  target: { readonly kind: AutomationKind; readonly name: string; readonly location: string | undefined },
): Promise<AutomationRef> {
  const { kind, name, location } = target;
  if (location !== undefined) return { kind, name, location };
  const { items } = await call(connection, api.automations.list.query({ kind, name, limit: 2 }));
  const [first, second] = items;
  if (first && second)
    throw new AppError(
      "invalid_input",
      `Several code locations have a ${kind} '${name}'. Name one with --location, e.g. --location ${first.location}.`,
    );
  if (first) return { kind, name, location: first.location };
  const others = await call(connection, api.automations.list.query({ kind, limit: 20 }));
  const names = others.items.map((entry) => entry.name);
  throw new AppError("not_found", `There is no ${kind} '${name}'.${names.length > 0 ? ` There are ${names.join(", ")}.` : ""}`);
}

function pairsOf(
  option: "header" | "query",
  texts: readonly string[] = [],
): { headers?: Record<string, string>; query?: Record<string, string> } {
  if (texts.length === 0) return {};
  const pairs = Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw new AppError("invalid_input", `--${option} is written name=value, not '${text}'.`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
  return option === "header" ? { headers: pairs } : { query: pairs };
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AppError("invalid_input", `--body is not JSON. Quote it for your shell: --body '{"type":"order.created"}'.`);
  }
}
