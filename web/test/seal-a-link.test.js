// Sections 0, 1.3 and 1.7: bytes and links as they are written, and as chat programs and people leave them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { b64, compare, concat, equal, fromText, lv, readU32, text, u16, u32, u64, u8, unb64, unlv } from "../sdk/seal/bytes.js";
import { random } from "../sdk/seal/kdf.js";
import { hostLink, invitationLink, namedPath, readLink, roomLink, roomName } from "../sdk/seal/link.js";

const R = Uint8Array.from({ length: 16 }, (_, i) => 16 * i + i);
const LINK = await roomLink(R);
const damaged = { code: "damaged" };

test("s0 integers are big-endian, and what does not fit is a fault of ours", () => {
  assert.deepEqual([...concat(u8(1), u16(0x203), u32(0x4050607), u64(2 ** 53 - 1))], [1, 2, 3, 4, 5, 6, 7, 0, 31, 255, 255, 255, 255, 255, 255]);
  for (const wrong of [() => u8(256), () => u16(-1), () => u32(2 ** 32), () => u64(2 ** 53), () => u8(0.5)]) assert.throws(wrong, RangeError);
  assert.equal(readU32(Uint8Array.of(9, 0, 0, 1, 2), 1), 258);
  assert.throws(() => readU32(new Uint8Array(3)), { code: "bad-bytes" });
});

test("s0 lv comes apart as it was put together, and no other way", () => {
  const list = [text("a"), new Uint8Array(0), random(70)];
  assert.deepEqual(unlv(lv(list), 3), list);
  assert.deepEqual(unlv(lv()), []);
  const whole = lv(list);
  for (let length = 1; length < whole.length; length++) {
    if (length === 5 || length === 9) continue; // whole lists of fewer items
    assert.throws(() => unlv(whole.subarray(0, length)), { code: "bad-bytes" }, `${length} bytes`);
  }
  assert.throws(() => unlv(whole, 2), { code: "bad-bytes" });
  assert.throws(() => unlv(whole, 4), { code: "bad-bytes" });
  assert.throws(() => unlv(u32(2 ** 32 - 1)), { code: "bad-bytes" });
});

test("s0 every other spelling of base64url is refused", () => {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const length of [1, 2]) {
    const good = b64(random(length));
    const spellings = [...letters].filter((last) => {
      const one = good.slice(0, -1) + last;
      try {
        return b64(unb64(one)) === one;
      } catch {
        return false;
      }
    });
    assert.equal(spellings.length, length === 1 ? 4 : 16);
  }
  for (const bad of ["A", "AAAAA", "AA=", "AA==", "A A", "AA\n", "AA/A", "AA+A", "ÄA", null, 7, ["AA"]]) {
    assert.throws(() => unb64(bad), { code: "bad-bytes" }, String(bad));
  }
  assert.throws(() => unb64("AAAA", 2), { code: "bad-bytes" });
});

test("s0 text that is not UTF-8 is refused, a byte order mark is kept", () => {
  assert.equal(fromText(text("\ufeffé")), "\ufeffé");
  for (const bad of [[0xff], [0xc3], [0xed, 0xa0, 0x80]]) assert.throws(() => fromText(Uint8Array.from(bad)), { code: "bad-bytes" });
});

test("equal tells every difference, compare gives an order", () => {
  const a = random(32);
  assert.ok(equal(a, a.slice()));
  assert.ok(!equal(a, a.subarray(1)));
  assert.ok(!equal(a, new Uint8Array(0)));
  for (let bit = 0; bit < 256; bit++) {
    const other = a.slice();
    other[bit >> 3] ^= 1 << (bit & 7);
    assert.ok(!equal(a, other));
    assert.equal(Math.sign(compare(a, other)), -Math.sign(compare(other, a)));
  }
  assert.ok(compare(Uint8Array.of(1), Uint8Array.of(1, 0)) < 0);
});

test("s1.3 the forms have their lengths, which tell the kinds apart", async () => {
  assert.match(LINK, /^#1[0-9a-hjkmnp-tv-z]{28}$/);
  assert.match(await invitationLink(R), /^#1i[0-9a-hjkmnp-tv-z]{28}$/);
  assert.match(await hostLink(random(32), R), /^#1h[0-9a-hjkmnp-tv-z]{79}$/);
  assert.deepEqual(await readLink(LINK), { kind: "room", R });
});

test("s1.3 readers forgive what programs and people do", async () => {
  const bare = LINK.slice(1);
  const spaced = `#${bare.match(/.{1,4}/g).join(" - ")}`;
  const looks = LINK.replaceAll("1", "l").replaceAll("0", "O");
  const ways = [
    LINK.toUpperCase(),
    `  ${LINK}\n`,
    spaced,
    spaced.replaceAll("-", "–"),
    looks,
    `${LINK}.`,
    `${LINK}),`,
    `${LINK}…»`,
    `https://example.org/${LINK}`,
    `example.org/${LINK}?`,
    `https://example.org/?server=https://other.example/${LINK}`,
    `#${encodeURIComponent(bare.slice(0, 9))}%20${bare.slice(9)}%2E`,
    `${LINK.slice(0, 12)}\u200b${LINK.slice(12)}`,
    bare,
    bare.toUpperCase(),
    LINK.replace(/./gu, (letter) => (/[a-z]/.test(letter) ? String.fromCodePoint(letter.codePointAt(0) + 0xfee0) : letter)),
  ];
  for (const way of ways) assert.deepEqual(await readLink(way), { kind: "room", R }, way);
  const inv = await invitationLink(R);
  for (const way of [inv, inv.replace("#1i", "#1L"), inv.replace("#1i", "#11"), inv.replace("#1i", "#I1")]) {
    assert.deepEqual(await readLink(way), { kind: "invitation", inv: R }, way);
  }
});

test("s1.3 one wrong letter is noticed in all but 1 of 1024", async () => {
  let missed = 0;
  let tried = 0;
  for (let at = 2; at < LINK.length; at++) {
    for (const letter of "0123456789abcdefghjkmnpqrstvwxyz") {
      if (letter === LINK[at]) continue;
      tried++;
      const link = await readLink(LINK.slice(0, at) + letter + LINK.slice(at + 1)).catch((error) => error.code);
      if (link !== "damaged") missed++;
    }
  }
  assert.equal(tried, 28 * 31);
  assert.ok(missed <= 8, `${missed} of ${tried} passed`);
});

test("s1.3 truncated, doubled and foreign letters are damage", async () => {
  for (let length = 2; length < LINK.length; length++) await assert.rejects(readLink(LINK.slice(0, length)), damaged, `${length}`);
  for (const bad of [`${LINK}0`, LINK + LINK, LINK.replace(/.$/, "u"), LINK.replace(/.$/, "ß"), `${LINK.slice(0, 9)}!${LINK.slice(9, -1)}`]) {
    await assert.rejects(readLink(bad), damaged, bad);
  }
});

test("s1.3 what was never a link is called so", async () => {
  for (const bad of ["", "#", "#about", "https://example.org/", "hello", "lisa", "1234", "#2abc", "https://example.org/#"]) {
    await assert.rejects(readLink(bad), { code: "not-a-link" }, bad);
  }
});

test("s1.3 a secret in path or query is refused, whatever the fragment says", async () => {
  const bare = LINK.slice(1);
  const other = await roomLink(random(16));
  const host = (await hostLink(random(32), R)).slice(1);
  const leaks = [
    `https://example.org/%23${bare}`,
    `https://example.org/%2523${bare}`,
    `https://example.org/%23${bare.slice(0, 20)}`,
    `https://example.org/${bare}`,
    `https://example.org/?${bare}`,
    `https://example.org/?link=${bare.toUpperCase()}`,
    `https://example.org/?u=https%3A%2F%2Fexample.org%2F%23${bare}`,
    `https://example.org/x/${host}?y`,
    `https://example.org/%23${bare}${other}`,
    `https://example.org/?k=${bare}${other}`,
  ];
  for (const leak of leaks) await assert.rejects(readLink(leak), { code: "secret-in-path" }, leak);
  assert.equal((await readLink(`https://example.org/1234567890/${LINK}`)).kind, "room");
});

test("s1.7 named rooms are normalised and enforced", async () => {
  for (const [typed, name] of [["Book Club", "book-club"], [" a_b ", "a-b"], ["ＡＢＣ", "abc"], ["x".repeat(64), "x".repeat(64)]]) {
    assert.equal(roomName(typed), name);
  }
  for (const bad of ["", " ", "café", "a/b", "x".repeat(65), "a.b", "😀"]) assert.throws(() => roomName(bad), { code: "bad-name" }, bad);
  assert.deepEqual(await readLink("https://example.org/r/Book%20Club"), { kind: "named", name: "book-club", password: false });
  assert.deepEqual(await readLink("https://example.org/r/book-club/#P."), { kind: "named", name: "book-club", password: true });
  assert.deepEqual(await readLink(`https://example.org${namedPath("book-club", true)}`), { kind: "named", name: "book-club", password: true });
  await assert.rejects(readLink("https://example.org/r/a%2Fb"), { code: "bad-name" });
});

test("s1.3, s1.7 invitations and host links of a named room stand behind its name; a room's own link does not", async () => {
  const inv = random(16);
  const seed = random(32);
  const at = `https://example.org${namedPath("book-club")}`;
  assert.deepEqual(await readLink(at + (await invitationLink(inv))), { kind: "invitation", inv, name: "book-club" });
  const host = await readLink(at + (await hostLink(seed, new Uint8Array(16))));
  assert.deepEqual(host, { kind: "host", seed, R: new Uint8Array(16), name: "book-club" });
  await assert.rejects(readLink(at + (await roomLink(random(16)))), { code: "damaged" });
  await assert.rejects(readLink(`${at}${await invitationLink(inv)}x`), { code: "damaged" });
  await assert.rejects(readLink(`${at}#passwords`), { code: "not-a-link" });
});
