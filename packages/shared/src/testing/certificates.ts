/** Certificates for tests of TLS: an authority of our own, and what it signs. Made anew each time, so that no key lies in the repository. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  issue(commonName: string): Certificate;
}

const OID = {
  commonName: [0x55, 0x04, 0x03],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  basicConstraints: [0x55, 0x1d, 0x13],
  subjectAltName: [0x55, 0x1d, 0x11],
} as const;

/** Certificates are for the address 127.0.0.1 and the name localhost. */
export function makeAuthority(): Authority {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = "Headgate test authority";
  const cert = certificate({ subject: name, issuer: name, publicKey: keys.publicKey, signer: keys.privateKey, isAuthority: true });
  return {
    cert,
    key: pemKey(keys.privateKey),
    issue(commonName) {
      const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      return {
        cert: certificate({ subject: commonName, issuer: name, publicKey, signer: keys.privateKey, isAuthority: false }),
        key: pemKey(privateKey),
      };
    },
  };
}

interface Request {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly isAuthority: boolean;
}

function certificate({ subject, issuer, publicKey, signer, isAuthority }: Request): string {
  const algorithm = sequence(der(0x06, OID.ecdsaWithSha256));
  const extension = (oid: readonly number[], value: Buffer): Buffer => sequence(der(0x06, oid), der(0x04, value));
  const content = sequence(
    der(0xa0, der(0x02, [2])),
    der(0x02, [1, ...randomBytes(8)]),
    algorithm,
    nameOf(issuer),
    sequence(time("20200101000000Z"), time("20500101000000Z")),
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(
      0xa3,
      sequence(
        extension(OID.basicConstraints, isAuthority ? sequence(der(0x01, [0xff])) : sequence()),
        extension(OID.subjectAltName, sequence(der(0x82, Buffer.from("localhost")), der(0x87, [127, 0, 0, 1]))),
      ),
    ),
  );
  const whole = sequence(content, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", content, signer)])));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(der(0x06, OID.commonName), der(0x0c, Buffer.from(commonName)))));
}

function time(text: string): Buffer {
  return der(0x18, Buffer.from(text));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer | readonly number[]): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), Buffer.from(content)]);
}

function pemKey(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }) as string;
}
