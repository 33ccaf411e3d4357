/**
 * Agent protocol version. One line of history each:
 * 1  first version: hello, welcome, job, cancel, batch, ack, slots, tail, tick, draining, load.
 */
export const PROTOCOL_VERSION = 1;
export const PROTOCOL_OLDEST_SUPPORTED = 1;
export const AGENT_SUBPROTOCOL = "headgate.agent.v1";
