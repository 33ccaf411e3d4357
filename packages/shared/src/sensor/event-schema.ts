/** What a sensor's function is told about each type of event. Apart from the texts, which the dashboard loads without a parser. */
import { z } from "zod";
import { eventSchemas } from "./sensor-table.ts";

export const sensorEventSchema = z.discriminatedUnion("type", eventSchemas());
export type SensorEvent = z.infer<typeof sensorEventSchema>;
