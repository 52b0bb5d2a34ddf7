/**
 * A certificate for one name, signed by an authority that exists for one test; made by openssl, files in PEM.
 */

import { createHash, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun, temporaryDirectory } from "./process.mjs";

/**
 * @typedef {object} Certificate
 * @property {string} certificate path
 * @property {string} key path
 * @property {string} authority path of the authority's certificate
 * @property {string} keyHash SHA-256 of the certificate's public key in base64, as Chromium's flag wants it
 */

/**
 * @param {string} name
 * @returns {Certificate}
 */
export function makeCertificate(name) {
  const { path } = temporaryDirectory("certificate");
  const file = (/** @type {string} */ what) => join(path, `${what}.pem`);
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const request = join(path, "request.pem");
  const extensions = join(path, "extensions");
  writeFileSync(extensions, `subjectAltName=DNS:${name}\nextendedKeyUsage=serverAuth\n`);
  mustRun(["openssl", "req", "-x509", ...ec, "-keyout", file("authority-key"), "-out", file("authority"), "-days", "90", "-subj", "/CN=lab authority"]);
  mustRun(["openssl", "req", ...ec, "-keyout", file("key"), "-out", request, "-subj", `/CN=${name}`]);
  mustRun(["openssl", "x509", "-req", "-in", request, "-CA", file("authority"), "-CAkey", file("authority-key"), "-CAcreateserial", "-out", file("certificate"), "-days", "90", "-extfile", extensions]);
  const { publicKey } = new X509Certificate(readFileSync(file("certificate")));
  const keyHash = createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("base64");
  return { certificate: file("certificate"), key: file("key"), authority: file("authority"), keyHash };
}
