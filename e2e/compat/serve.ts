/** Program: a control plane of any release on a data folder, without an agent. Arguments: folder, port, Worker, folder of D1 migrations. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBootstrapped } from "../../packages/cli/src/embedded/bootstrap.ts";
import { openDataFolder } from "../../packages/cli/src/embedded/data-folder.ts";
import { startServer } from "../../packages/cli/src/embedded/server.ts";

const [folder = "", port = "", worker = "", migrations = ""] = process.argv.slice(2);
const web = mkdtempSync(join(tmpdir(), "headgate-no-web-"));
writeFileSync(join(web, "index.html"), "no dashboard in these tests");
const data = openDataFolder(folder);
const server = await startServer({
  host: "127.0.0.1",
  port: Number(port),
  data,
  artifacts: { worker, migrations, web, agent: "" },
  onLog: (level, line) => process.stderr.write(`${level} ${line}\n`),
  onRestart: () => process.stderr.write("workerd was started again\n"),
});
const { connection, agentToken } = await ensureBootstrapped(server.url, data);
process.once("SIGTERM", () => {
  void server.close().then(() => {
    data.close();
    rmSync(web, { recursive: true, force: true });
    process.exit(0);
  });
});
process.stdout.write(`${JSON.stringify({ url: server.url, token: connection.token, agentToken, deployment: connection.deployment })}\n`);
