/** Tokens of the fixture deployment, in memory. */
import type { TokenView } from "@headgate/shared/contract/access/tokens.ts";

export function fixtureTokens() {
  const tokens: TokenView[] = [
    {
      id: "tok_1",
      name: "local agent",
      kind: "agent",
      role: null,
      createdAt: Date.now() - 864e5 * 12,
      expiresAt: null,
      lastUsedAt: Date.now() - 4000,
      revokedAt: null,
    },
    {
      id: "tok_2",
      name: "ci",
      kind: "api",
      role: "editor",
      createdAt: Date.now() - 864e5 * 3,
      expiresAt: Date.now() + 864e5 * 87,
      lastUsedAt: Date.now() - 36e5,
      revokedAt: null,
    },
  ];
  return {
    "tokens.list": async () => tokens,
    "tokens.create": async (input: { name: string; kind: "agent" | "api"; role?: string | undefined }) => {
      const view: TokenView = {
        id: `tok_${tokens.length + 1}`,
        name: input.name,
        kind: input.kind,
        role: input.role ?? null,
        createdAt: Date.now(),
        expiresAt: null,
        lastUsedAt: null,
        revokedAt: null,
      };
      tokens.unshift(view);
      return { view, secret: `hg_${input.kind}_5f3c9a1e7b2d4c6f8a0b1c2d3e4f5a6b` };
    },
    "tokens.revoke": async ({ id }: { id: string }) => {
      const index = tokens.findIndex((token) => token.id === id);
      const token = tokens[index];
      if (!token) throw new TypeError(`No token ${id}`);
      const revoked = { ...token, revokedAt: Date.now() };
      tokens[index] = revoked;
      return revoked;
    },
  };
}
