/** The commit of the project. Null outside a git checkout or without git. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";

const run = promisify(execFile);

export async function readGit(root: string): Promise<Manifest["git"]> {
  const git = async (...args: string[]): Promise<string | null> => {
    try {
      return (await run("git", args, { cwd: root, timeout: 5000 })).stdout.trim();
    } catch {
      return null;
    }
  };
  const commit = await git("rev-parse", "HEAD");
  if (commit === null) return null;
  const [branch, status, url] = await Promise.all([
    git("symbolic-ref", "--short", "HEAD"),
    git("status", "--porcelain", "--", "."),
    git("remote", "get-url", "origin"),
  ]);
  return { commit, branch, dirty: status !== null && status !== "", url: url === null ? null : withoutCredentials(url) };
}

/** A remote such as https://user:token@host/repo must not be sent with its credentials. */
function withoutCredentials(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  parsed.username = "";
  parsed.password = "";
  return parsed.href;
}
