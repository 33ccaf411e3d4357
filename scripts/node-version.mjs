/** Checks that this Node is new enough to set up the rest. Runs on any Node, so it uses nothing new. */
export function requireNode() {
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major >= 20) return;
  console.error(
    `Headgate needs Node.js 20 or newer to start; this is ${process.versions.node}. Install a newer one from https://nodejs.org.`,
  );
  process.exit(2);
}
