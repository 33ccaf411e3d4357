/** Names, options and texts of `headgate login`, `agent` and `doctor`. */
import type { Command } from "commander";
import type { CommandRegistry } from "../../command-context.ts";
import { kubernetesName, port, positiveInteger } from "../../option-values.ts";
import { withConnection, type ConnectFlags } from "../connect.ts";
import { agent, type AgentFlags } from "./agent.ts";
import { createAgentToken, type AgentTokenFlags } from "./agent-token.ts";
import { doctor, type DoctorFlags } from "./doctor.ts";
import { login } from "./login.ts";

export function registerSetup(program: Command, { add, context, finish }: CommandRegistry): void {
  withConnection(add(program, "login", "print a one-time link that signs a browser in")).action((flags: ConnectFlags) =>
    finish(login(flags, context)),
  );
  const agentCommand = add(program, "agent", "run an agent in the foreground")
    .enablePositionalOptions()
    .option("--url <address>", "address of the control plane (HEADGATE_URL)")
    .option("--token <token>", "agent token; other users of the machine can read it here, so use --token-file or HEADGATE_AGENT_TOKEN")
    .option("--token-file <file>", "file with the agent token, read again at each connect")
    .option("--data <dir>", "folder for the state of the agent")
    .option("--insecure", "allow an http:// address of another machine (HEADGATE_INSECURE=1)")
    .option("--slots <number>", "steps at the same time", positiveInteger)
    .option("--queue <name>", "agent queue")
    .option("--modules <dir>", "node_modules folder with the packages that bundles do not contain")
    .action((flags: AgentFlags) => finish(agent(flags, context)));
  const token = agentCommand.command("token").description("create tokens of agents");
  withConnection(add(token, "create", "create a token for an agent and show it once"))
    .argument("<name>", "name of the token, for example of the cluster")
    .option("--expires-in-days <days>", "the token stops working after so many days (default: never)", positiveInteger)
    .option("--helm", "print the commands that install an agent in a Kubernetes cluster")
    .option("--queue <name>", "agent queue of that agent")
    .option("--namespace <name>", "namespace for that agent", kubernetesName, "headgate")
    .option("--release <name>", "name of the Helm release and of the Secret", kubernetesName, "headgate-agent")
    .action((name: string, flags: AgentTokenFlags) => finish(createAgentToken(name, flags, context)));
  withConnection(add(program, "doctor", "check everything that headgate needs and show how to fix what is missing"))
    .option("--project <dir>", "project folder", ".")
    .option("--port <number>", "port that `headgate dev` would use", port, 4400)
    .action((flags: DoctorFlags) => finish(doctor(flags, context)));
}
