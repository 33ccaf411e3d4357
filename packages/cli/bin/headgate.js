#!/usr/bin/env node
/**
 * The `headgate` command: refuses an old Node with a sentence instead of a stack. In version control, unlike `dist/`, because npm links a
 * program only when its file exists at install time.
 */
import { existsSync } from "node:fs";

const program = new URL("../dist/headgate.js", import.meta.url);
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(
    `error: headgate needs Node.js 22.22 or newer; this is ${process.versions.node}. Install a newer one (24 is recommended).\n`,
  );
  process.exitCode = 2;
} else if (existsSync(program)) await import(program.href);
else {
  process.stderr.write("error: headgate is not built yet. Run `npm start` once, or `npm run build`, in the repository's folder.\n");
  process.exitCode = 2;
}
