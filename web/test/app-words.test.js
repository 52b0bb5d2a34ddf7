// What the page says: counts, names, who came and went, devices, links.

import "./fakes/english.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, fragmentOf, linkHere } from "../app/link_text.js";
import { comingAndGoing, deviceSentence, headline, howMany, hueOf, initials, nameOf, routeExplained, routeName, switched, tileName, whoIsIn } from "../app/words.js";

test("people are counted in whole words", () => {
  assert.equal(whoIsIn(0), "Nobody is in the room yet.");
  assert.equal(whoIsIn(1), "One person is in the room.");
  assert.equal(whoIsIn(4), "4 people are in the room.");
  assert.deepEqual([howMany(1), howMany(2)], ["1 person", "2 people"]);
});

test("ten arrivals are one sentence", () => {
  assert.equal(comingAndGoing(["Ada"], []), "Ada joined.");
  assert.equal(comingAndGoing(["Ada", "Ben", ""], ["Cleo"]), "Ada, Ben, and Guest joined. Cleo left.");
  assert.equal(comingAndGoing(Array(10).fill("x"), []), "10 people joined.");
  assert.equal(comingAndGoing([], []), "");
});

test("a switched device is named with its new state", () => {
  assert.deepEqual([switched("microphone", false), switched("microphone", true)], ["Microphone muted.", "Microphone on."]);
  assert.deepEqual([switched("camera", false), switched("camera", true)], ["Camera off.", "Camera on."]);
});

test("one cause for both devices is one sentence, two causes are two", () => {
  assert.match(deviceSentence("blocked", "blocked"), /^Your browser is blocking camera and microphone\./);
  assert.match(deviceSentence("missing", "missing"), /^No camera and no microphone found\./);
  assert.equal(deviceSentence(null, "busy"), "Another app is using your camera.");
  assert.match(deviceSentence("missing", "busy"), /using your camera\. No microphone found\./);
  assert.equal(deviceSentence(null, null), "");
});

test("badges take whole characters of any script, and something for nobody", () => {
  assert.equal(initials("Ada King Lovelace"), "AL");
  assert.equal(initials("  émile"), "É");
  assert.equal(initials("惠 王"), "惠王");
  assert.equal(initials("👩‍🚀"), "👩");
  assert.equal(initials(""), "G");
  assert.equal(nameOf("  "), "Guest");
});

test("a person keeps one of six colours", () => {
  const hues = new Set(Array.from({ length: 200 }, (_, index) => hueOf(`person ${index}`)));
  assert.deepEqual([...hues].sort(), [1, 2, 3, 4, 5, 6]);
  assert.equal(hueOf("q83vEjRWeJA"), hueOf("q83vEjRWeJA"));
});

test("the badge of a relayed person says how, and that it is sealed all the same", () => {
  const relayed = { relayed: true, protocol: /** @type {const} */ ("tls") };
  assert.equal(routeName(relayed), "Relayed (TLS)");
  assert.match(routeExplained(relayed), /still end-to-end encrypted/);
  assert.equal(routeName({ relayed: false, protocol: "udp" }), "Direct");
});

test("a tile is named with all that is seen on it", () => {
  const ada = { name: "Ada", audio: false, video: true, link: /** @type {const} */ ("connected"), route: { relayed: true, protocol: /** @type {const} */ ("udp") } };
  assert.equal(tileName(ada), "Ada, muted, Relayed (UDP)");
  assert.equal(tileName({ ...ada, audio: true, video: false, link: "reconnecting" }), "Ada, camera off, Reconnecting…");
});

test("an unknown code still gets a headline, and no code reaches into Object", () => {
  assert.equal(headline("room-over"), "The room is closed");
  assert.equal(headline("something-new"), "It cannot go on here");
  assert.equal(headline("constructor"), "It cannot go on here");
});

test("a pasted link may be whole, without its scheme, or only the part after the #", () => {
  const here = "meet.example.org";
  assert.deepEqual(fragmentOf(" https://meet.example.org/#1abc-def ", here), { fragment: "#1abc-def" });
  assert.deepEqual(fragmentOf("Tonight at 8:\nhttps://meet.example.org/#1abc", here), { fragment: "#1abc" });
  assert.deepEqual(fragmentOf("Not #3, but https://meet.example.org/r/choir", here), { fragment: "r/choir" });
  assert.deepEqual(fragmentOf("meet.example.org/#1abc", here), { fragment: "#1abc" });
  assert.deepEqual(fragmentOf("#1abc", here), { fragment: "#1abc" });
  assert.deepEqual(fragmentOf("1abc def", here), { fragment: "#1abc def" });
  assert.deepEqual(fragmentOf("https://meet.example.org/", here), { fragment: "#" });
  assert.deepEqual(fragmentOf("https://meet.example.org/r/choir#p", here), { fragment: "r/choir#p" });
  assert.deepEqual(fragmentOf("meet.example.org/r/Choir/", here), { fragment: "r/Choir" });
  assert.deepEqual(fragmentOf("/r/choir", here), { fragment: "r/choir" });
});

test("a link to another server is not looked up here", () => {
  assert.deepEqual(fragmentOf("https://other.example/#1abc", "meet.example.org"), { elsewhere: "other.example" });
  assert.deepEqual(fragmentOf("http://localhost:8080/#1abc", "localhost:8443"), { elsewhere: "localhost:8080" });
  assert.deepEqual(fragmentOf("Here: https://other.example/#1abc", "meet.example.org"), { elsewhere: "other.example" });
});

test("the address of a link, and the link of an address", () => {
  for (const [link, pathname, address] of [
    ["#1abc", "/", "/#1abc"], ["r/choir#p", "/", "/r/choir#p"], ["r/choir", "/r/other", "/r/choir"], ["#1abc", "/r/choir", "/#1abc"], ["", "/r/choir", "/"],
  ]) assert.equal(addressOf(/** @type {string} */ (link), pathname), address);
  assert.equal(linkHere({ pathname: "/", hash: "" }), "");
  assert.equal(linkHere({ pathname: "/", hash: "#1abc" }), "#1abc");
  assert.equal(linkHere({ pathname: "/r/choir", hash: "" }), "r/choir");
  assert.equal(linkHere({ pathname: "/r/choir", hash: "#p" }), "r/choir#p");
});
