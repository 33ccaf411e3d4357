/** `headgate schedule show` and `headgate sensor show`: the definition, the state and the webhook of one. */
import type { WebhookView } from "@headgate/shared/contract/automations/webhook-views.ts";
import { call } from "../../client/api.ts";
import { readDefinitions } from "../../client/definitions.ts";
import type { CommandContext } from "../../command-context.ts";
import { EXIT, type ExitCode } from "../../terminal/exit-code.ts";
import { printFacts } from "../../terminal/facts.ts";
import { localZone, timeText } from "../../terminal/format.ts";
import { scheduleFacts, sensorFacts } from "./definition-facts.ts";
import { connectTo, type LocationFlags, type Named } from "./find.ts";
import { kindText, nextText, onText, resultText } from "./state-text.ts";

const SHOWN_TIMES = 5;

export async function showScheduleOrSensor(target: Named, flags: LocationFlags, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { connection, api, ref } = await connectTo(target, flags, context);
  const [detail, definitions] = await Promise.all([call(connection, api.automations.get.query(ref)), readDefinitions(connection, api)]);
  const isIt = ({ name, location }: { readonly name: string; readonly location: string }) => name === ref.name && location === ref.location;
  const schedule = ref.kind === "schedule" ? definitions.schedules.find(isIt) : undefined;
  const sensor = ref.kind === "sensor" ? definitions.sensors.find(isIt) : undefined;
  terminal.printJson({ ...detail, definition: schedule ?? sensor ?? null });
  const { automation, hook, upcoming } = detail;
  const kindOfSensor = kindText(automation);
  printFacts(terminal, [
    [automation.kind, `${automation.name}${kindOfSensor === null ? "" : ` (${kindOfSensor} sensor)`}`],
    ["location", automation.location],
    ...(schedule ? scheduleFacts(schedule) : []),
    ...(sensor ? sensorFacts(sensor) : []),
    ["on", onText(automation)],
    ["last tick", automation.lastTick === null ? "none yet" : `${timeText(automation.lastTick.startedAt)} ${resultText(automation)}`],
    ["next", nextText(automation)],
    ["then", upcoming.length === 0 ? "" : `${upcoming.slice(0, SHOWN_TIMES).map(timeText).join(", ")} (${localZone()})`],
    ["cursor", detail.cursor ?? ""],
    ["address", hook === null ? "" : `${webhookAddress(connection.url, hook)} (${hook.verify}, ${hook.enabled ? "on" : "off"})`],
    ["secrets", hook === null ? "" : secretsText(hook)],
  ]);
  return EXIT.ok;
}

function webhookAddress(server: string, { path }: WebhookView): string {
  return path === null ? "shown to editors only" : `POST ${server}${path}`;
}

function secretsText({ secrets }: WebhookView): string {
  if (secrets.length === 0) return "no valid secret";
  const used = (at: number | null): string => (at === null ? "never used" : `used ${timeText(at)}`);
  return secrets
    .map(({ id, createdAt, createdBy, lastUsedAt }) => `${id} (made ${timeText(createdAt)} by ${createdBy}, ${used(lastUsedAt)})`)
    .join(", ");
}
