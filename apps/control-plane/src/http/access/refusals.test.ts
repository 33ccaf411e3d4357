import { expect, it } from "vitest";
import { agentTokenRefused, apiTokenRefused, deploymentMissing, roleMissing, tokenRefused } from "./refusals.ts";

const PAGE = "tokens are made on the Agents page of the dashboard";
const token = { kind: "token", name: "ci", role: "viewer" } as const;
const user = { kind: "user", name: "ada@example.com", role: "viewer" } as const;

it.each([
  ["an expired token", tokenRefused("expired"), `the token is expired; make a new one and set it in the place of the old one: ${PAGE}`],
  ["a revoked token", tokenRefused("revoked"), `the token was revoked; make a new one and set it in the place of the old one: ${PAGE}`],
  ["a cut token", tokenRefused("unknown"), "check that it was copied completely and belongs to this control plane"],
  [
    "a viewer's token that publishes",
    roleMissing("POST /publish", "editor", token),
    `'ci' has 'viewer': use a token with the role 'editor'; ${PAGE}`,
  ],
  ["a viewer who launches", roleMissing("runs.launch", "launcher", user), "ask an admin of the organization for the role 'launcher'"],
  ["an agent's token at the API", agentTokenRefused(), `use an API token ('hg_api_...'): ${PAGE}`],
  ["an API token at the address of agents", apiTokenRefused(), "use an agent token ('hg_agent_...') in HEADGATE_AGENT_TOKEN"],
  ["a token of another deployment", deploymentMissing("acme/prod", "token"), "leave out --deployment and HEADGATE_DEPLOYMENT"],
  [
    "a person of another organization",
    deploymentMissing("acme/prod", "person"),
    "there is no deployment 'acme/prod', or you are not a member of it",
  ],
])("the refusal of %s says what to do", (_what, error, sentence) => {
  expect(error.message).toContain(sentence);
});
