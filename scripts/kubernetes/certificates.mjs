/** Makes the certificates of a throw-away cluster with openssl, and kubeconfig files for its users. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
const SERVER = "extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default.svc";
const CLIENTS = {
  admin: "/O=system:masters/CN=admin",
  controllers: "/CN=system:kube-controller-manager",
  scheduler: "/CN=system:kube-scheduler",
  "to-kubelet": "/O=system:masters/CN=kube-apiserver",
};

export function makeCertificates(folder, server) {
  const openssl = (args) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const certify = (name, { subject, extensions }) => {
    openssl(["req", "-new", ...KEY, "-keyout", `${name}.key`, "-subj", subject, "-out", `${name}.csr`]);
    writeFileSync(join(folder, `${name}.ext`), extensions);
    const ca = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30"];
    openssl(["x509", "-req", "-in", `${name}.csr`, ...ca, "-out", `${name}.crt`, "-extfile", `${name}.ext`]);
  };
  openssl(["req", "-x509", ...KEY, "-days", "30", "-subj", "/CN=local-ca", "-keyout", "ca.key", "-out", "ca.crt"]);
  certify("server", { subject: "/CN=kube-apiserver", extensions: SERVER });
  for (const [name, subject] of Object.entries(CLIENTS)) certify(name, { subject, extensions: "extendedKeyUsage=clientAuth" });
  openssl(["genrsa", "-out", "sa.key", "2048"]);
  openssl(["rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub"]);
  for (const name of ["admin", "controllers", "scheduler"]) writeKubeconfig(folder, { name, server });
}

function writeKubeconfig(folder, { name, server }) {
  const encoded = (file) => readFileSync(join(folder, file)).toString("base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "local",
    contexts: [{ name: "local", context: { cluster: "local", user: name } }],
    clusters: [{ name: "local", cluster: { server, "certificate-authority-data": encoded("ca.crt") } }],
    users: [{ name, user: { "client-certificate-data": encoded(`${name}.crt`), "client-key-data": encoded(`${name}.key`) } }],
  };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(config), { mode: 0o600 });
}
