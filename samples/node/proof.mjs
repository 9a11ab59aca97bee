// A party's own signature, with nothing but Node: see docs/how-to/sign-acts.md.
import { sign } from "node:crypto";

const base64url = (text) => Buffer.from(text).toString("base64url");

/** The header crps-proof: a detached JWS (Ed25519) over exactly `value`, for one environment. */
export function prove(value, privateKey, environment) {
  const header = base64url(JSON.stringify({ alg: "Ed25519", typ: "crps-act+jws", env: environment }));
  const signature = sign(null, Buffer.from(`${header}.${base64url(value)}`), privateKey);
  return `${header}..${signature.toString("base64url")}`;
}
