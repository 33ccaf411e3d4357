/** Says why a socket could not be opened, and what to change when the error of Node does not tell it. */
import { errorText } from "../agent-log.ts";

const UNKNOWN_AUTHORITY = new Set([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
]);

export function networkProblem(error: NodeJS.ErrnoException): string {
  if (!UNKNOWN_AUTHORITY.has(error.code ?? "")) return errorText(error);
  return `this machine does not know the authority that signed its certificate. Set NODE_EXTRA_CA_CERTS to a file with the certificate of that authority. (${error.code})`;
}
