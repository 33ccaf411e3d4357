/** Writes the state of an agent in the text format of Prometheus. */
import type { AgentSnapshot } from "../agent-handle.ts";

interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly samples: readonly Sample[];
}
interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function metricsText(state: AgentSnapshot): string {
  return metricsOf(state).map(metricText).join("");
}

function metricsOf(state: AgentSnapshot): readonly Metric[] {
  const one = (value: number): readonly Sample[] => [{ value }];
  return [
    {
      name: "connected",
      type: "gauge",
      help: "1 while the control plane has welcomed the agent, else 0.",
      samples: one(Number(state.connected)),
    },
    {
      name: "draining",
      type: "gauge",
      help: "1 while the agent stops and takes no new steps, else 0.",
      samples: one(Number(state.draining !== null)),
    },
    { name: "running_steps", type: "gauge", help: "Step attempts that run or wait for a slot.", samples: one(state.running) },
    { name: "slots", type: "gauge", help: "Steps that the agent runs at once.", samples: one(state.slots) },
    { name: "workers", type: "gauge", help: "Worker processes.", samples: one(state.workers.length) },
    {
      name: "worker_deaths_total",
      type: "counter",
      help: "Worker processes that ended by themselves and were replaced when needed.",
      samples: one(state.workerDeaths),
    },
    {
      name: "unacknowledged_reports",
      type: "gauge",
      help: "Reports that the control plane has not acknowledged yet.",
      samples: one(state.unacknowledged),
    },
    { name: "spool_bytes", type: "gauge", help: "Reports that wait on the disk, in bytes.", samples: one(state.spoolBytes) },
    {
      name: "location_version",
      type: "gauge",
      help: "Versions of code locations that the agent keeps; 1 for the state that holds.",
      samples: state.locations.map(({ location, version, state: held }) => ({ labels: { location, version, state: held }, value: 1 })),
    },
  ];
}

function metricText({ name, type, help, samples }: Metric): string {
  const full = `headgate_agent_${name}`;
  const lines = samples.map(({ labels, value }) => `${full}${labelText(labels ?? {})} ${value}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join("")}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
