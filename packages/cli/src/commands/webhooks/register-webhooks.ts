/** Names, options and texts of the commands about webhook sensors, below `headgate sensor`. */
import type { Command } from "commander";
import type { CommandRegistry } from "../../command-context.ts";
import { upTo } from "../../option-values.ts";
import { withConnection, type ConnectFlags } from "../connect.ts";
import { withLocation, type LocationFlags } from "../schedules-sensors/find.ts";
import { listDeliveries, replayDelivery, showDelivery } from "./deliveries.ts";
import { createSecret, revokeSecret, turnWebhook } from "./webhook.ts";

export function registerWebhooks(sensor: Command, { add, context, finish }: CommandRegistry): void {
  const webhook = sensor.command("webhook").description("turn the address of a webhook sensor on or off, revoke its secrets");
  const one = (parent: Command, name: string, description: string): Command =>
    withLocation(add(parent, name, description)).argument("<name>", "name of the sensor");
  one(webhook, "on", "accept deliveries").action((name: string, flags: LocationFlags) =>
    finish(turnWebhook({ name, enabled: true }, flags, context)),
  );
  one(webhook, "off", "refuse deliveries; the sensor itself stays as it is").action((name: string, flags: LocationFlags) =>
    finish(turnWebhook({ name, enabled: false }, flags, context)),
  );
  one(webhook, "revoke", "revoke a secret: deliveries signed with it are refused from then on")
    .argument("[secret]", "id of the secret, as 'sensor show' lists it (default: the older of two)")
    .action((name: string, secret: string | undefined, flags: LocationFlags) => finish(revokeSecret({ name, secret }, flags, context)));
  one(sensor, "secret", "create a secret for a webhook sensor and show it once").action((name: string, flags: LocationFlags) =>
    finish(createSecret(name, flags, context)),
  );
  one(sensor, "deliveries", "list the latest deliveries to a webhook sensor")
    .option("--limit <number>", "how many to list", upTo(500), 20)
    .action((name: string, flags: LocationFlags & { limit: number }) => finish(listDeliveries(name, flags, context)));
  withConnection(add(sensor, "delivery", "show one delivery with its body and its result"))
    .argument("<delivery>", "id of the delivery")
    .action((id: string, flags: ConnectFlags) => finish(showDelivery(id, flags, context)));
  withConnection(add(sensor, "replay", "process a stored delivery again"))
    .argument("<delivery>", "id of the delivery")
    .action((id: string, flags: ConnectFlags) => finish(replayDelivery(id, flags, context)));
}
