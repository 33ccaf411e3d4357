/** The commands that install an agent in a cluster. The token is in none of them: other users can read command lines, and shells keep them. */

export interface HelmInstall {
  /** Address of the control plane. */
  readonly url: string;
  readonly queue: string | undefined;
  readonly namespace: string;
  /** Name of the release and of the Secret with the token. */
  readonly release: string;
}

export interface HelmCommands {
  readonly namespace: string;
  /** Reads the token from its input. */
  readonly secret: string;
  readonly install: string;
  readonly test: string;
}

export function helmCommands({ url, queue, namespace, release }: HelmInstall): HelmCommands {
  const values: readonly (readonly [string, string | undefined])[] = [
    ["controlPlane.url", url],
    ["controlPlane.queue", queue],
    ["controlPlane.insecure", url.startsWith("http:") ? "true" : undefined],
    ["token.existingSecret", release],
  ];
  const sets = values.flatMap(([name, value]) => (value === undefined ? [] : [`--set ${quoted(`${name}=${escaped(value)}`)}`]));
  return {
    namespace: `kubectl create namespace ${namespace}`,
    secret: `kubectl --namespace ${namespace} create secret generic ${release} --from-file=token=/dev/stdin`,
    install: [`helm install ${release} charts/headgate-agent --namespace ${namespace} --wait`, ...sets].join(" \\\n  "),
    test: `helm test ${release} --namespace ${namespace} --logs`,
  };
}

/** Helm reads commas as the end of a value. */
function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll(",", "\\,");
}

function quoted(text: string): string {
  return /^[\w.:/@=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
