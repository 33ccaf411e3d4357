/** People of other roles on a running deployment. There is no invitation yet, so they are written into the directory's database. */
import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Role } from "@headgate/shared/domain/access/role.ts";
import type { Stack } from "./stack.ts";

export interface Somebody {
  /** Signs this person in, once. */
  readonly loginUrl: string;
  /** Also of sessions that are open. */
  become(role: Role): void;
}

export async function somebody(stack: Stack, role: Role): Promise<Somebody> {
  const response = await fetch(`${stack.url}/api/v1/login-links`, { method: "POST", headers: { authorization: `Bearer ${stack.token}` } });
  const { url } = (await response.json()) as { url: string };
  const hash = createHash("sha256")
    .update(url.slice(url.lastIndexOf("/") + 1))
    .digest("hex");
  const user = `usr_${randomBytes(10).toString("hex")}`;
  withDirectory(stack, (directory) => {
    directory.prepare("INSERT INTO user (id, name, email, created_at) VALUES (?, ?, NULL, ?)").run(user, role, Date.now());
    directory
      .prepare(
        "INSERT INTO member (id, organization_id, user_id, deployment_id, role, created_at) SELECT ?, organization_id, ?, NULL, ?, ? FROM member LIMIT 1",
      )
      .run(user.replace("usr", "mem"), user, role, Date.now());
    const changed = directory.prepare("UPDATE login_link SET user_id = ? WHERE hash = ?").run(user, hash);
    if (Number(changed.changes) !== 1) throw new Error("the login link is not in the directory");
  });
  return {
    loginUrl: url,
    become: (next) =>
      withDirectory(stack, (directory) => directory.prepare("UPDATE member SET role = ? WHERE user_id = ?").run(next, user)),
  };
}

function withDirectory(stack: Stack, work: (directory: DatabaseSync) => unknown): void {
  const folder = join(stack.data, "state/d1/miniflare-D1DatabaseObject");
  const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  if (file === undefined) throw new Error(`no database in ${folder}`);
  const directory = new DatabaseSync(join(folder, file), { timeout: 5000 });
  try {
    work(directory);
  } finally {
    directory.close();
  }
}
