/** The code location: everything above in one value. */
import { defineCodeLocation } from "@headgate/sdk";
import * as bronze from "./assets/bronze.ts";
import * as gold from "./assets/gold.ts";
import * as silver from "./assets/silver.ts";
import * as jobs from "./jobs.ts";
import { dbt, landing } from "./resources.ts";
import * as schedules from "./schedules.ts";
import * as sensors from "./sensors.ts";
import { engines } from "./tables.ts";

export default defineCodeLocation({
  name: "lakehouse",
  assets: [bronze, silver, gold],
  jobs: [jobs],
  schedules: [schedules],
  sensors: [sensors],
  resources: [dbt, ...engines, landing],
  env: ["LAKEHOUSE_MIN_CUSTOMERS"],
});
