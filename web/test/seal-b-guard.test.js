// Section 5: descriptions and candidates. `seal-b-sdp.json` was captured from Chromium 156 and Firefox 153 ESR in a
// namespace without a way out (max-bundle, audio, video, one negotiated data channel; offer, answer, ICE restart).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CandidateBudget, checkCandidate } from "../sdk/seal/candidates.js";
import { GuardRefusal, guardDescription } from "../sdk/seal/guard.js";
import { random } from "../sdk/seal/kdf.js";

const captured = JSON.parse(readFileSync(new URL("seal-b-sdp.json", import.meta.url), "utf8"));
const bytesOf = (fp) => Uint8Array.from(fp.split(":"), (pair) => Number.parseInt(pair, 16));
const descriptions = Object.entries(captured).filter(([, { sdp }]) => sdp).map(([name, { sdp, fp }]) => [name, sdp, bytesOf(fp)]);
const printed = (fp) => `a=fingerprint:sha-256 ${Array.from(fp, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":")}`;
const refuses = (sdp, fp, rule, why) => assert.throws(() => guardDescription(sdp, fp), (error) => error instanceof GuardRefusal && (rule === undefined || error.rule === rule), why);

assert.equal(descriptions.length, 8);

for (const [name, sdp, fp] of descriptions) {
  test(`${name} passes, with one fingerprint, no candidate and no address`, () => {
    const { sdp: out, sections, setup } = guardDescription(sdp, fp);
    assert.deepEqual(out.match(/a=fingerprint:.*/g).map((line) => line.trim()), [printed(fp)]);
    assert.ok(out.indexOf("a=fingerprint") < out.indexOf("m="));
    assert.doesNotMatch(out, /candidate|identity|10\.77|THIS_IS_SDPARTA/);
    assert.deepEqual(out.match(/^c=.*/gm).map((line) => line.trim()), Array(3).fill("c=IN IP4 0.0.0.0"));
    // Firefox's offers with max-bundle have port 0 and `a=bundle-only` in all sections but the first.
    assert.deepEqual(out.match(/^m=\w+ \d+/gm), sdp.match(/^m=\w+ \d+/gm).map((line) => line.replace(/ [1-9]\d*/, " 9")));
    assert.deepEqual(sections.map(({ kind, live }) => [kind, live]), [["audio", true], ["video", true], ["application", true]]);
    assert.ok(["actpass", "active", "passive"].includes(setup));
    assert.match(out, /^a=ice-ufrag:\S+\r$/m);
    assert.match(out, /^a=ice-pwd:\S+\r$/m);
    assert.equal(guardDescription(out, fp).sdp, out, "its own output passes unchanged");
  });

  test(`${name} with what an attacker would change is refused`, () => {
    attack(sdp.replaceAll("a=bundle-only\r\n", "").replace(/^(m=\w+) 0/gm, "$1 9"), fp);
  });
}

/** Everything that a server might try with a good description. */
function attack(sdp, fp) {
  const other = printed(random(32));
  const own = /a=fingerprint:sha-256 [^\r]+\r\n/;
  const add = (line, at = /m=audio/) => sdp.replace(at, (match) => `${line}\r\n${match}`);
  refuses(sdp, random(32), "fingerprint", "swapped");
  refuses(sdp.replace(own, `${other}\r\n`), fp, "fingerprint", "swapped in one place");
  refuses(sdp.replace(own, (line) => `${line}${other}\r\n`), fp, "fingerprint", "[good, bad]");
  refuses(sdp.replace(own, (line) => `${other}\r\n${line}`), fp, "fingerprint", "[bad, good]");
  refuses(add(other), fp, "fingerprint", "bad at session level");
  refuses(`${sdp}${other}\r\n`, fp, "fingerprint", "bad in the last section");
  refuses(sdp.replace(own, (line) => line.replace("sha-256", "sha-1")), fp, "fingerprint", "sha-1");
  refuses(add(printed(fp).replace("sha-256", "sha-512")), fp, "fingerprint", "sha-512 beside");
  refuses(add(other.replace("fingerprint", "FingerPrint")), fp, "fingerprint", "spelt otherwise");
  refuses(add(other.replace("a=fingerprint", "a= fingerprint")), fp, "fingerprint", "with a space");
  refuses(add(`${printed(fp)}:00`), fp, "fingerprint", "too long");
  refuses(sdp.replaceAll(/a=fingerprint:sha-256 [^\r]+\r\n/g, ""), fp, "fingerprint", "none");
  for (const line of ["a=identity:x", "a=IDENTITY:x", "a= identity:x", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x", "a=ice-lite", "a=key-mgmt:mikey x"]) {
    refuses(add(line), fp, "forbidden", line);
    refuses(`${sdp}${line}\r\n`, fp, "forbidden", line);
  }
  const group = /a=group:BUNDLE ([^\r]+)/;
  refuses(sdp.replace(group, ""), fp, undefined, "no line there");
  refuses(sdp.replace(/a=group:BUNDLE [^\r]+\r\n/, ""), fp, "bundle", "no group");
  refuses(sdp.replace(group, (line) => `${line}\r\n${line}`), fp, "bundle", "two groups");
  refuses(sdp.replace(group, (_, mids) => `a=group:BUNDLE ${mids.split(" ").slice(1).join(" ")}`), fp, "bundle", "a live mid outside");
  refuses(sdp.replace(group, (line) => `${line} 9`), fp, "bundle", "a mid of nothing");
  refuses(sdp.replace(group, (line) => `${line} 0`), fp, "bundle", "a mid twice");
  refuses(sdp.replace(group, (line) => line.replace("BUNDLE", "bundle")), fp, "bundle", "spelt otherwise");
  refuses(`${sdp}a=group:BUNDLE 0\r\n`, fp, "bundle", "a group inside a section");
  refuses(sdp.replace(/a=rtcp-mux\r\n/, ""), fp, "bundle", "no rtcp-mux");
  refuses(sdp.replace(/m=video 9 UDP\/TLS\/RTP\/SAVPF/, "m=video 9 RTP/AVP"), fp, "transport", "without DTLS");
  refuses(sdp.replace(/m=video 9 UDP\/TLS\/RTP\/SAVPF/, "m=video 9 RTP/SAVPF"), fp, "transport", "SDES");
  refuses(sdp.replace(/m=application 9 UDP/, "m=application 9 TCP"), fp, "transport");
  refuses(sdp.replace(/m=application 9/, "m=application 0"), fp, undefined, "no channel for the proof");
  refuses(sdp.replace(/m=video 9/, "m=video 0"), fp, "bundle", "a dead mid in the group");
  refuses(sdp.replace(/m=application[^]*$/, ""), fp, undefined, "no application");
  refuses(sdp + sdp.slice(sdp.indexOf("m=application")), fp, "section", "two of one mid");
  refuses(sdp.replace("a=setup:", "a=setup:hold"), fp, "transport");
  refuses(sdp.replace("v=0\r\n", "v=0\n"), fp, "line", "a lone LF");
  refuses(sdp.replace("s=-\r\n", "s=-\r\r\n"), fp, "line", "a lone CR");
  refuses(sdp.replace("s=-", "s=\u00e9"), fp, "line", "not ASCII");
  refuses(sdp.replace("s=-", "s=\0"), fp, "line", "NUL");
  refuses(sdp.replace("s=-", "k=clear:x"), fp, "line", "a line of another type");
  refuses(sdp.slice(0, -2), fp, "form", "cut off");
  refuses("", fp, "form");
  refuses(`v=0\r\n${"a=x\r\n".repeat(60_000)}`, fp, "form", "endless");
}

test("what the list does not know is cut out, candidates and addresses first", () => {
  const [, sdp, fp] = descriptions[0];
  const junk = ["a=candidate:1 1 udp 1 192.0.2.9 9 typ host", "a=end-of-candidates", "a=remote-candidates:1 192.0.2.9 9", "a=rtcp:9 IN IP4 192.0.2.9", "a=tls-id:abc", "a=x-google-flag:conference", "a=Mid:9", "a=:x", "a="];
  const dirty = `${sdp}${junk.map((line) => `${line}\r\n`).join("")}`.replaceAll("c=IN IP4 0.0.0.0", "c=IN IP4 192.0.2.9").replaceAll(/^(m=\w+) 9/gm, "$1 50000");
  assert.equal(guardDescription(dirty, fp).sdp, guardDescription(sdp, fp).sdp);
});

test("a rejected section may be outside of the group, and bundle-only ones are live", () => {
  const [, sdp, fp] = descriptions.find(([name]) => name === "chromium-answer");
  const mids = /a=group:BUNDLE ([^\r]+)/.exec(sdp)[1].split(" ");
  const rejected = sdp.replace(/m=video 9/, "m=video 0").replace(`BUNDLE ${mids.join(" ")}`, `BUNDLE ${mids[0]} ${mids[2]}`);
  assert.deepEqual(guardDescription(rejected, fp).sections.map(({ live }) => live), [true, false, true]);
  const only = sdp.replace(/m=video 9/, "m=video 0").replace(`a=mid:${mids[1]}`, `a=mid:${mids[1]}\r\na=bundle-only`);
  assert.deepEqual(guardDescription(only, fp).sections.map(({ live }) => live), [true, true, true]);
});

test("more than 32 sections, and two application sections, are refused", () => {
  const [, sdp, fp] = descriptions[0];
  const at = sdp.indexOf("m=application");
  const app = sdp.slice(at);
  const mid = /a=mid:(\S+)/.exec(app)[1];
  const second = app.replace(`a=mid:${mid}`, "a=mid:77");
  refuses((sdp + second).replace(/(a=group:BUNDLE [^\r]+)/, "$1 77"), fp, "section");
  const audio = sdp.slice(sdp.indexOf("m=audio"), sdp.indexOf("m=video")).replace(/m=audio 9/, "m=audio 0");
  const many = Array.from({ length: 30 }, (_, index) => audio.replace(/a=mid:\S+/, `a=mid:x${index}`)).join("");
  refuses(sdp.slice(0, at) + many + app, fp, "section");
  assert.equal(guardDescription(sdp.slice(0, at) + audio.replace(/a=mid:\S+/, "a=mid:x") + app, fp).sections.length, 4);
});

test("the DTLS role that stands since the first answer is written where a later offer leaves the choice", () => {
  const [, sdp, fp] = descriptions.find(([name]) => name === "chromium-restart-offer");
  const out = guardDescription(sdp, fp, { role: "active" });
  assert.equal(out.setup, "active");
  assert.deepEqual(out.sdp.match(/a=setup:\w+/g), Array(3).fill("a=setup:active"));
  const [, answer, answerFp] = descriptions.find(([name]) => name === "firefox-answer");
  assert.equal(guardDescription(answer, answerFp, { role: "passive" }).setup, "active", "an answer has chosen");
});

test("random changes never get a second fingerprint, an address or a forbidden line through", () => {
  let state = 7;
  const next = (below) => (state = (state * 48_271) % 2_147_483_647) % below;
  const pieces = ["a=fingerprint:sha-256 00", "a=identity:x", "\r\n", "\n", "m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=group:BUNDLE 0", "a=candidate:1 1 udp 1 192.0.2.9 9 typ host", "c=IN IP4 192.0.2.9", ":", " ", "a=mid:0"];
  let passed = 0;
  for (let round = 0; round < 1500; round++) {
    const [, sdp, fp] = descriptions[next(descriptions.length)];
    let bent = sdp;
    for (let change = 0; change <= next(3); change++) {
      const at = next(bent.length);
      bent = bent.slice(0, at) + (next(2) ? pieces[next(pieces.length)] : "") + bent.slice(at + next(40));
    }
    try {
      const { sdp: out } = guardDescription(bent, fp);
      passed++;
      assert.deepEqual(out.match(/^a=fingerprint:.*/gm).map((line) => line.trim()), [printed(fp)]);
      assert.doesNotMatch(out, /^a=(?:identity|candidate)|^[cmo]=.*192\.0\.2/m);
      assert.equal(guardDescription(out, fp).sdp, out);
    } catch (error) {
      if (!(error instanceof GuardRefusal)) throw error;
    }
  }
  assert.ok(passed > 50, `${passed} passed`);
});

const init = (candidate, more = {}) => ({ candidate, sdpMid: "0", sdpMLineIndex: 0, ...more });

test("captured candidates pass and keep what ICE needs", () => {
  let count = 0;
  for (const list of Object.values(captured).filter(Array.isArray)) {
    for (const one of list) {
      count++;
      const out = checkCandidate(one);
      assert.equal(out.sdpMid, one.sdpMid);
      assert.equal(out.candidate, one.candidate.replace(/ network-(?:id|cost) \d+/g, "").replace(/ UDP /, " udp ").replace(/ TCP /, " tcp "));
      if (one.candidate) assert.deepEqual(checkCandidate(out), out);
    }
  }
  assert.ok(count >= 2);
});

test("IPv4, IPv6 and <uuid>.local are addresses, nothing else is", () => {
  const line = (address) => `candidate:1 1 udp 2122260223 ${address} 5000 typ host`;
  for (const good of ["192.0.2.1", "127.0.0.1", "::1", "fe80::1", "2001:db8:0:1:2:3:4:5", "::ffff:192.0.2.1", "1:2:3:4:5:6:7::", "6f0c5a6e-3b1f-4d2c-9a44-0123456789ab.local"]) {
    assert.equal(checkCandidate(init(line(good))).candidate, line(good));
  }
  for (const bad of ["example.org", "localhost", "evil.local", "6f0c5a6e-3b1f-4d2c-9a44-0123456789ab.local.", "256.0.0.1", "1.2.3", "01.2.3.4", "0x7f.0.0.1", "1::2::3", "1:2:3:4:5:6:7:8:9", "::1%eth0", "fe80::1%1", ":::", "1:2", "[::1]", "::1.2.3.4.5", "", "12345::"]) {
    assert.throws(() => checkCandidate(init(line(bad))), { code: "bad-candidate" }, bad);
  }
});

test("what is no candidate is refused", () => {
  const good = "candidate:1 1 udp 2122260223 192.0.2.1 5000 typ host";
  for (const bad of [`${good} raddr example.org rport 9`, `${good} raddr 192.0.2.1`, `${good} a`, `${good} generation 0 generation 1`, good.replace("udp", "sctp"), good.replace("udp", "tcp"), `${good} tcptype active`,
    good.replace("host", "magic"), good.replace("typ", "type"), good.replace("5000", "70000"), good.replace("5000", "-1"), good.replace(" 1 udp", " 0 udp"), `${good}\r\na=identity:x`, `${good} ufrag a:b`, `${good} ${"x ".repeat(300)}`, "candidate:", "x"]) {
    assert.throws(() => checkCandidate(init(bad)), { code: "bad-candidate" }, bad);
  }
  for (const bad of [null, 7, "x", {}, { candidate: good }, init(good, { sdpMid: 7 }), init(good, { sdpMid: "a b" }), init(good, { sdpMLineIndex: 99 }), init(good, { sdpMLineIndex: "0" }), init(good, { usernameFragment: "a\r\n" })]) {
    assert.throws(() => checkCandidate(bad), { code: "bad-candidate" });
  }
  assert.deepEqual(checkCandidate(init("")), { candidate: "", sdpMid: "0", sdpMLineIndex: 0 }, "the end of a generation");
});

test("unknown extensions are cut out", () => {
  const out = checkCandidate(init("candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active generation 0 x-evil http://x network-cost 50"));
  assert.equal(out.candidate, "candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active generation 0");
});

test("with the address hidden only the relay's leave, and not the address behind it", () => {
  const relay = "candidate:1 1 udp 41885695 203.0.113.5 49152 typ relay raddr 192.0.2.77 rport 50000 generation 0 ufrag abcd network-id 1";
  const out = checkCandidate(init(relay), { relayOnly: true });
  assert.equal(out.candidate, "candidate:1 1 udp 41885695 203.0.113.5 49152 typ relay raddr 0.0.0.0 rport 9 generation 0 ufrag abcd");
  for (const type of ["host", "srflx", "prflx"]) assert.equal(checkCandidate(init(`candidate:1 1 udp 1 192.0.2.77 5000 typ ${type}`), { relayOnly: true }), null);
  assert.equal(checkCandidate(init(relay.replace("203.0.113.5", "2001:db8::5")), { relayOnly: true }).candidate.includes("raddr 0.0.0.0 rport 9"), true);
});

test("64 candidates per pair and minute", () => {
  const budget = new CandidateBudget();
  const taken = Array.from({ length: 70 }, () => budget.take(1000)).filter(Boolean).length;
  assert.equal(taken, 64);
  assert.equal(budget.take(60_999), false);
  assert.equal(budget.take(61_000), true);
});
