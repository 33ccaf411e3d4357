/** A polling sensor is evaluated at an interval, and at deliveries if it has a webhook. */
import { z } from "zod";
import { formatSpan } from "../format/duration.ts";
import type { FieldsOf, SensorKind } from "./sensor-kind.ts";
import { webhookFields } from "./webhook.ts";

export const pollingFields = () => ({
  /** Seconds between evaluations. */
  intervalSeconds: z.number().min(1).default(30),
  ...webhookFields(),
});

export const pollingSensor: SensorKind<FieldsOf<typeof pollingFields>, never> = {
  label: "polling sensor",
  watches: () => [],
  matches: () => false,
  exampleEvent: () => null,
  runsWhen: ({ intervalSeconds, webhook }) =>
    `every ${formatSpan(intervalSeconds * 1000)}${webhook ? " and on each webhook delivery" : ""}`,
};
