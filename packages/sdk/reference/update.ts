/** Writes the API reports and the reference page. Run: npm run api:update -w @headgate/sdk */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { apiReports, referenceOutput } from "./outputs.ts";
import { readPublicApi } from "./public-api.ts";

const api = readPublicApi();
for (const { file, text } of [...apiReports(api), referenceOutput(api)]) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
