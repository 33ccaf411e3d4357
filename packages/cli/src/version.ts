/** The release of this command. SDK, agent and control plane have the same one. */
export const CLI_VERSION = "0.1.0";
