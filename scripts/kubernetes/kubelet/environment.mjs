/** The environment variables of a container, with `envFrom`, `valueFrom` and `$(NAME)`. */
import { quantity } from "./formats.mjs";
import { entriesOf, NotReady, readObject } from "./volumes.mjs";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** -> the variables, and a function that expands `$(NAME)` in a command. */
export async function environmentOf(context, { container, image }) {
  const { hostname, port } = context.api.server;
  const env = { PATH, HOME: "/tmp", HOSTNAME: context.pod.metadata.name };
  Object.assign(env, { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port || "443" }, image.env);
  for (const { prefix = "", secretRef, configMapRef } of container.envFrom ?? []) {
    const from = secretRef ?? configMapRef;
    const kind = secretRef ? "secrets" : "configmaps";
    const entries = entriesOf(await readObject(context, { kind, name: from.name, optional: from.optional }));
    for (const [key, value] of Object.entries(entries)) env[prefix + key] = value.toString();
  }
  const expand = (text) =>
    String(text).replace(/\$\$|\$\(([A-Za-z_][\w.-]*)\)/g, (found, name) => (found === "$$" ? "$" : name in env ? env[name] : found));
  for (const { name, value, valueFrom } of container.env ?? []) {
    const given = valueFrom === undefined ? expand(value ?? "") : await valueOf(context, { container, valueFrom });
    if (given !== undefined) env[name] = given;
  }
  return { env, expand };
}

async function valueOf(context, { container, valueFrom }) {
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef) return context.field(fieldRef.fieldPath);
  if (resourceFieldRef) {
    const [group, name] = resourceFieldRef.resource.split(".");
    return String(Math.ceil(quantity(container.resources?.[group]?.[name] ?? 0)));
  }
  const { key, name, optional } = secretKeyRef ?? configMapKeyRef;
  const object = await readObject(context, { kind: secretKeyRef ? "secrets" : "configmaps", name, optional });
  const value = entriesOf(object)[key];
  if (value === undefined && optional !== true) {
    const kind = secretKeyRef ? "Secret" : "ConfigMap";
    throw new NotReady(`couldn't find key ${key} in ${kind} ${context.namespace}/${name}`, "CreateContainerConfigError");
  }
  return value?.toString();
}
