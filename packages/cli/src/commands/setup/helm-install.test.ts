import { expect, it } from "vitest";
import { helmCommands } from "./helm-install.ts";

const BASE = { url: "https://headgate.example.com", queue: undefined, namespace: "headgate", release: "headgate-agent" };

it("the commands name address, Secret and namespace, and no token", () => {
  expect(helmCommands(BASE)).toEqual({
    namespace: "kubectl create namespace headgate",
    secret: "kubectl --namespace headgate create secret generic headgate-agent --from-file=token=/dev/stdin",
    install: [
      "helm install headgate-agent charts/headgate-agent --namespace headgate --wait \\",
      "  --set controlPlane.url=https://headgate.example.com \\",
      "  --set token.existingSecret=headgate-agent",
    ].join("\n"),
    test: "helm test headgate-agent --namespace headgate --logs",
  });
});

it("a queue with unusual letters survives Helm and the shell", () => {
  expect(helmCommands({ ...BASE, queue: "big, it's" }).install).toContain(String.raw`--set 'controlPlane.queue=big\, it'\''s'`);
});

it("an address without encryption is allowed explicitly", () => {
  expect(helmCommands({ ...BASE, url: "http://headgate.internal" }).install).toContain("--set controlPlane.insecure=true");
});
