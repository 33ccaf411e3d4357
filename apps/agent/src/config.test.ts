import { describe, expect, it } from "vitest";
import { parseAgentConfig } from "./config.ts";
import { workerEnv } from "./executors/process/worker-env.ts";

const GOOD = { HEADGATE_URL: "https://headgate.example.com/", HEADGATE_AGENT_TOKEN: "token" };

describe("configuration", () => {
  it("flags win over the environment, and defaults fill the rest", () => {
    const parsed = parseAgentConfig(["--slots", "7", "--label", "zone=a", "--label", "gpu=no"], {
      ...GOOD,
      HEADGATE_AGENT_SLOTS: "3",
      HEADGATE_AGENT_QUEUE: "heavy",
    });
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        url: "https://headgate.example.com",
        slots: 7,
        queue: "heavy",
        labels: { zone: "a", gpu: "no" },
        token: { from: "value", value: "token" },
      },
    });
  });

  it.each([
    [{ HEADGATE_AGENT_TOKEN: "t" }, "No control plane address"],
    [{ HEADGATE_URL: "ws://x", HEADGATE_AGENT_TOKEN: "t" }, "must begin with http:// or https://"],
    [{ HEADGATE_URL: "http://localhost" }, "No agent token"],
    [{ HEADGATE_URL: "http://headgate.example.com", HEADGATE_AGENT_TOKEN: "t" }, "Use https://, or --insecure"],
    [{ HEADGATE_URL: "http://127.0.0.1.example.com", HEADGATE_AGENT_TOKEN: "t" }, "Use https://, or --insecure"],
    [{ ...GOOD, HEADGATE_HIDE_FILE: "/no/such/file" }, "cannot be read"],
    [{ ...GOOD, HEADGATE_AGENT_SLOTS: "0" }, "whole number from 1"],
    [{ ...GOOD, HEADGATE_AGENT_SLOTS: "2.5" }, "whole number from 1"],
    [{ ...GOOD, HEADGATE_HEALTH_PORT: "http" }, "whole number from 1 to 65535"],
    [{ ...GOOD, HEADGATE_LOG_LEVEL: "chatty" }, "one of debug, info, warn, error"],
    [{ ...GOOD, HEADGATE_AGENT_LABELS: "a=b,c" }, "KEY=VALUE"],
  ])("%j is refused with a sentence", (env, said) => {
    const parsed = parseAgentConfig([], env);
    expect(parsed.ok ? "" : parsed.error.message).toContain(said);
  });

  it.each(["http://localhost:7070", "http://127.0.0.1:7070", "http://[::1]:7070"])("%s of this machine needs no encryption", (url) => {
    expect(parseAgentConfig([], { ...GOOD, HEADGATE_URL: url })).toMatchObject({ ok: true, value: { url } });
  });

  it("the health listener is off until it gets a port", () => {
    expect(parseAgentConfig([], GOOD)).toMatchObject({ ok: true, value: { health: null } });
    const port = { ...GOOD, HEADGATE_HEALTH_PORT: "9090" };
    expect(parseAgentConfig([], port)).toMatchObject({ ok: true, value: { health: { host: "0.0.0.0", port: 9090 } } });
    const both = parseAgentConfig(["--health-port", "8081"], { ...port, HEADGATE_HEALTH_HOST: "127.0.0.1" });
    expect(both).toMatchObject({ ok: true, value: { health: { host: "127.0.0.1", port: 8081 } } });
  });

  it("an address without encryption is taken on request", () => {
    const url = "http://headgate.internal";
    expect(parseAgentConfig(["--insecure"], { ...GOOD, HEADGATE_URL: url }).ok).toBe(true);
    expect(parseAgentConfig([], { ...GOOD, HEADGATE_URL: url, HEADGATE_INSECURE: "1" }).ok).toBe(true);
  });

  it("workers get basic and requested variables, never a Headgate token", () => {
    const env = {
      PATH: "/bin",
      PGHOST: "h",
      PGPASSWORD: "p",
      OTHER: "o",
      HEADGATE_AGENT_TOKEN: "t",
      HEADGATE_AGENT_TOKEN_FILE: "/f",
      HEADGATE_MODULES: "m",
    };
    expect(workerEnv(env, [])).toEqual({ PATH: "/bin" });
    expect(workerEnv(env, ["PG*"])).toEqual({ PATH: "/bin", PGHOST: "h", PGPASSWORD: "p" });
    expect(workerEnv(env, ["*"])).toEqual({ PATH: "/bin", PGHOST: "h", PGPASSWORD: "p", OTHER: "o", HEADGATE_MODULES: "m" });
  });

  it("a worker gets the host zone only when TZ is named", () => {
    const env = { PATH: "/bin", TZ: "Europe/Paris" };
    expect(workerEnv(env, [])).toEqual({ PATH: "/bin" });
    expect(workerEnv(env, ["*"])).toEqual({ PATH: "/bin" });
    expect(workerEnv(env, ["TZ"])).toEqual(env);
  });
});
