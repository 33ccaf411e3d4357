/** Makes a token expired. */
import { DatabaseSync } from "node:sqlite";
import { findFiles } from "./find-files.ts";

/** Days cannot be waited for: the token's end is moved into the past where the control plane keeps it. */
export function expireToken(folder: string, id: string): void {
  for (const file of findFiles(folder, ".sqlite")) {
    const database = new DatabaseSync(file, { timeout: 5000 });
    const known = database.prepare("select 1 from sqlite_master where name = 'token'").get();
    if (known !== undefined) database.prepare("update token set expires_at = 1 where id = ?").run(id);
    database.close();
  }
}
