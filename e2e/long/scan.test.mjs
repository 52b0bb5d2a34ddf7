/**
 * What testssl.sh and sslyze find about our TLS: nothing above "info" but what belongs to a certificate of a private
 * authority. Part of `./test.sh --long`: testssl.sh takes a minute on a quiet machine and several on a busy one.
 *
 *     SSLYZE=…/bin/sslyze node --test e2e/long/scan.test.mjs
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeCertificate } from "../lib/certificate.mjs";
import { OWN_NAME } from "../lib/namespace.mjs";
import { temporaryDirectory } from "../lib/process.mjs";
import { Stage } from "../lib/stage.mjs";

/**
 * Findings of testssl.sh that are about the certificate of this test or about the machine that asks; and BREACH, which
 * wants a secret beside reflected input in a compressed answer: only files that are the same for everybody are compressed.
 */
const EXPLAINED = new Set(["cert_revocation", "DNS_CAArecord", "engine_problem", "cert_chain_of_trust", "BREACH"]);

const stage = new Stage();
const certificate = makeCertificate(OWN_NAME);

before(() => stage.serveTls(certificate));
after(() => stage.clear());

test("testssl.sh finds nothing of weight", { timeout: 900_000 }, async () => {
  const out = join(temporaryDirectory("testssl").path, "out.json");
  const child = stage.namespace.start(["testssl", "--quiet", "--color", "0", "--severity", "LOW", "--add-ca", certificate.authority, "--jsonfile", out, `https://${OWN_NAME}/`]);
  await child.ended;
  /** @type {{ id: string, severity: string, finding: string }[]} */
  const found = JSON.parse(readFileSync(out, "utf8"));
  assert.ok(found.some(({ id }) => id === "cert_revocation"), `it has looked at the certificate:\n${child.tail()}`);
  // WARN is said of what it could not check, which changes from run to run on a busy machine; it is shown.
  for (const { id, finding } of found.filter(({ severity }) => severity === "WARN")) process.stdout.write(`# not checked: ${id}: ${finding}\n`);
  assert.deepEqual(found.filter(({ id, severity }) => severity !== "WARN" && !EXPLAINED.has(id)), []);
});

test("sslyze finds it compliant with Mozilla's intermediate profile", { timeout: 120_000 }, async () => {
  const sslyze = process.env["SSLYZE"] ?? "sslyze";
  const child = stage.namespace.start([sslyze, "--mozilla_config=intermediate", "--certinfo_ca_file", certificate.authority, OWN_NAME]);
  await child.ended;
  const complaints = child.lines.filter((line) => /^\s+\* \w+: /.test(line)).map((line) => line.trim());
  assert.ok(child.lines.some((line) => line.includes("COMPLIANCE AGAINST TLS CONFIGURATION")), child.tail());
  // It also asks the authorities of browsers, which know nothing of ours.
  assert.deepEqual(complaints.filter((line) => !line.startsWith("* certificate_path_validation:")), []);
});
