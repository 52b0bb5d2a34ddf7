// Every language says all that English says, about the same things, in all the forms that its numbers need; and no view says
// anything by itself.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { capital, language, languageOf, languageWished, languages, nth, speak, t } from "../app/language.js";
import { doors } from "../app/words_door.js";
import { logSentence, problemSentence } from "../app/words.js";
import { reactions } from "../app/words_talk.js";
import { ParlourError, codes } from "../sdk/errors.js";
import { EMOJI } from "../sdk/seal/emoji.js";

/** @typedef {import("../app/language.js").Part} Part */
/** @typedef {import("../app/language.js").Message} Message */

const app = new URL("../app/", import.meta.url);
const parts = /** @type {const} */ (["door", "room", "talk", "errors", "check"]);
const others = Object.keys(languages).filter((name) => name !== "en");

/** @param {string} name @param {Part} part @returns {Promise<Record<string, Message>>} */
const tableOf = async (name, part) => (await import(`../app/words/${name}/${part}.js`)).words;

/** @param {string} name @returns {Promise<Record<string, Message>>} */
const allOf = async (name) => Object.assign({}, ...await Promise.all(parts.map((part) => tableOf(name, part))));
const formsOf = (/** @type {Message | undefined} */ message) => (typeof message === "object" ? Object.values(message) : [message ?? ""]);
const placesOf = (/** @type {Message | undefined} */ message) => [...new Set(formsOf(message).flatMap((form) => [...form.matchAll(/\{(\w+)\}/gu)].map(([, name]) => name ?? "")))].sort();

/** What a number decides the place of, and not the count. */
const ordinals = ["hand.up"];

test("no key stands in two parts", async () => {
  const keys = (await Promise.all(parts.map((part) => tableOf("en", part)))).flatMap(Object.keys);
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(keys.length > 300);
});

for (const name of Object.keys(languages)) {
  test(`${name}: exactly the keys of English, in the same parts`, async () => {
    assert.deepEqual(readdirSync(new URL(`words/${name}/`, app)).sort(), parts.map((part) => `${part}.js`).sort());
    for (const part of parts) assert.deepEqual(Object.keys(await tableOf(name, part)).sort(), Object.keys(await tableOf("en", part)).sort(), part);
  });

  test(`${name}: the same things are spoken of, and every form that the numbers of the language need is there`, async () => {
    const [english, spoken] = [await allOf("en"), await allOf(name)];
    for (const [key, message] of Object.entries(spoken)) {
      assert.equal(typeof message, typeof english[key], key);
      assert.deepEqual(placesOf(message).filter((place) => place !== "count"), placesOf(english[key]).filter((place) => place !== "count"), key);
      for (const form of formsOf(message)) assert.ok(form.trim() !== "" && !/\{\}|\{[^}\w]|  /u.test(form), key);
      if (typeof message === "string") assert.deepEqual(placesOf(message), placesOf(english[key]), key);
      else assert.deepEqual(Object.keys(message).sort(), new Intl.PluralRules(name, { type: ordinals.includes(key) ? "ordinal" : "cardinal" }).resolvedOptions().pluralCategories.sort(), key);
    }
  });
}

/** Words that are the same in another language by right. */
const same = /^(?:reaction\..*|emoji\..*|invitations\.whom\.example|news\.reactions|quality\.why|code\.picture|size\..*|file\.act|percent|receiver\.sending|person\.host\.name|chat|chat\.field\.example|invitations|invitations\.count|mark\.host|problem\.code|link\..*|camera|microphone|people\.count|poll\.question|route\.direct|optional|settings\.shortcuts|start\.standard)$/u;

for (const name of others) {
  test(`${name}: nothing was left in English`, async () => {
    const [english, spoken] = [await allOf("en"), await allOf(name)];
    const left = Object.keys(spoken).filter((key) => !same.test(key) && formsOf(spoken[key]).some((form) => formsOf(english[key]).includes(form)));
    assert.deepEqual(left, []);
    const pictures = EMOJI.map(([, picture]) => String(spoken[`emoji.${picture}`]));
    assert.equal(new Set(pictures).size, 64, "two pictures of the code have one name");
  });
}

test("each language has its own signs: quotation marks, and spaces that do not break before them", async () => {
  for (const [key, message] of Object.entries(await allOf("fr"))) {
    for (const form of formsOf(message)) assert.doesNotMatch(form, / [;:?!»%]|« |[“”„']|[^\u202f\s][?;!»]|[^\u00a0]: /u, `fr ${key}: ${form}`);
  }
  for (const [key, message] of Object.entries(await allOf("de"))) {
    for (const form of formsOf(message)) {
      assert.doesNotMatch(form, /[”"«»']| %/u, `de ${key}`);
      assert.equal(form.split("„").length, form.split("“").length, `de ${key}`);
    }
  }
  for (const [key, message] of Object.entries(await allOf("es"))) {
    for (const form of formsOf(message)) {
      assert.doesNotMatch(form, /[“”„']| %/u, `es ${key}`);
      assert.equal(form.split("?").length, form.split("¿").length, `es ${key}`);
    }
  }
});

test("formal address throughout", async () => {
  const informal = { de: /(?<!\p{L})(?:du|dein\p{L}*|dich|dir|euch|euer|eure)(?!\p{L})/iu, fr: /(?<!\p{L})(?:tu|toi|ton|tes)(?!\p{L})/iu, es: /(?<!\p{L})(?:tú|tus|contigo|vosotros)(?!\p{L})/iu };
  for (const [name, words] of Object.entries(informal)) {
    for (const [key, message] of Object.entries(await allOf(name))) for (const form of formsOf(message)) assert.doesNotMatch(form, words, `${name} ${key}`);
  }
});

test("every code of the SDK has its sentence, in English the SDK's own", async () => {
  await speak("en", parts);
  const english = await allOf("en");
  for (const code of codes) assert.equal(english[`error.${code}`], new ParlourError(code).text, code);
  assert.equal(problemSentence({ code: "something-new", text: "As it is." }), "As it is.");
  await speak("de", []);
  assert.match(problemSentence(new ParlourError("room-full")), /^Dieser Raum ist voll\./u);
  await speak("en", []);
});

test("every remark and every entry of the log that the SDK can write has words", async () => {
  const english = await allOf("en");
  const sdk = (/** @type {string} */ file) => readFileSync(new URL(`../sdk/${file}`, import.meta.url), "utf8");
  const notes = [...sdk("notes.js").matchAll(/^ {2}"([a-z-]+)": \(/gmu)].map(([, code]) => code);
  assert.ok(notes.length > 10);
  for (const code of notes) assert.ok(`note.${code}` in english, `note.${code}`);
  const kinds = [...["removed", "admitted", ...doors, "link", "no-password", "password", "cap", "ends", "no-end", "kept", "not-kept", "over"].flatMap((what) => [`${what}.you`, `${what}.host`]), "removed.me", "admitted.me"];
  for (const what of kinds) assert.ok(`log.${what}` in english, `log.${what}`);
  const calls = [...(sdk("inside.js") + sdk("muting.js")).matchAll(/(?:log\.add\("([a-z-]+)"|onLog\().*?\);$/gmu)];
  const added = calls.flatMap(([call, code = "mute"]) => (call.includes("what: `") ? [] : [/what: "([a-z.-]+)"/u.exec(call)?.[1] ?? code]));
  assert.ok(added.length > 6);
  for (const what of added) assert.ok(`log.${what}` in english, `log.${what}`);
});

test("a time in the log is written as the language writes it", async () => {
  const when = new Date(2026, 10, 22, 15, 5);
  const entry = { at: when, code: "ends", text: "You had the meeting end at 15:05.", what: "ends.you", who: "", about: "", label: "", count: 0, when };
  await speak("en", parts);
  assert.match(logSentence(entry), /end at 15:05\.$/u);
  await speak("de", parts);
  assert.match(logSentence(entry), /um 15:05 enden\.$/u);
  await speak("en", parts);
});

test("a language by what the browser wishes, and by what its person has chosen", () => {
  assert.equal(languageOf("", ["pt-BR", "fr-CA", "de"]), "fr");
  assert.equal(languageOf("es", ["fr"]), "es");
  assert.equal(languageOf("tlh", ["DE-at"]), "de");
  assert.equal(languageOf("", []), "en");
  assert.equal(languageOf("", ["constructor", "toString"]), "en");
});

test("numbers choose the form, and are written as the language writes them", async () => {
  await speak("en", parts);
  assert.equal(t("people.count", { count: 1 }), "1 person");
  assert.equal(t("password.wrong", { count: 12_345 }), "12,345 wrong passwords so far.");
  assert.deepEqual([1, 2, 3, 4, 11, 22].map((place) => nth("hand.up", place)), ["Hand up, 1st", "Hand up, 2nd", "Hand up, 3rd", "Hand up, 4th", "Hand up, 11th", "Hand up, 22nd"]);
  await speak("fr", []);
  assert.equal(language(), "fr");
  assert.equal(t("people.count", { count: 0 }), "0 personne");
  assert.deepEqual([1, 2].map((place) => nth("hand.up", place)), ["Main levée, 1re", "Main levée, 2e"]);
  assert.equal(capital("élan"), "Élan");
  await speak("de", []);
  assert.equal(t("password.wrong", { count: 12_345 }), "Bisher 12.345 falsche Passwörter.");
  // What somebody typed is no template.
  assert.equal(t("person.you", { name: "{name}" }), "{name} (Sie)");
  await speak("en", []);
});

test("a language that cannot be fetched leaves everything as it was", async () => {
  await speak("en", parts);
  await assert.rejects(speak(/** @type {any} */ ("xx"), []));
  assert.equal(t("chat"), "Chat");
  assert.equal(t("landing.start"), "Start a room");
});

test("two changes at once: the later one holds for both, with the parts that either needs", async () => {
  await speak("en", ["door"]);
  const first = speak("fr", ["errors"]);
  const second = speak("de", ["talk"]);
  assert.equal(languageWished(), "de");
  await first;
  assert.equal(language(), "de");
  await second;
  assert.deepEqual([language(), t("chat.close")], ["de", "Chat schließen"]);
  assert.match(problemSentence(new ParlourError("room-full")), /^Dieser Raum ist voll\./u);
  await speak("en", parts);
});

const scripts = readdirSync(app, { recursive: true }).map(String).filter((name) => name.endsWith(".js") && !name.startsWith("gallery") && !name.startsWith("words/"));
const textOf = (/** @type {string} */ name) => readFileSync(new URL(name, app), "utf8");

test("no view says anything that is not in the words", () => {
  const free = [...Object.values(languages), "Parlour", "Escape", "Enter", "Files", "Shift", "NotAllowedError", "SecurityError", "NotReadableError", "AbortError", "NotFoundError", "OverconstrainedError"];
  for (const name of scripts) {
    const code = textOf(name).replaceAll(/^\s*(?:\/\/|\*|\/\*).*$|\/\*\*.*?\*\/|\/\/ .*$/gmu, "");
    // Text given to an element, or to an attribute that is read.
    assert.doesNotMatch(code, /(?:"aria-label"|title|placeholder|label|alt|none|text): "[\p{L}]/u, name);
    for (const [, text = ""] of code.matchAll(/\}, "([^"]*\p{L}[^"]*)"\)/gu)) assert.ok(free.includes(text), `${name}: ${text}`);
    for (const [, text = ""] of code.matchAll(/["`](\p{Lu}\p{Ll}[^"`]*)["`]/gu)) assert.ok(free.includes(text) || /^index\.html has no/u.test(text), `${name}: ${text}`);
  }
});

test("every word is said somewhere", async () => {
  const code = scripts.map(textOf).join("\n");
  const patterns = [...code.matchAll(/`([\w.-]*(?:\$\{(?:[^{}]|\{[^}]*\})*\}[\w.-]*)+)`/gu)].map(([, text = ""]) => new RegExp(`^${text.replaceAll(/\$\{(?:[^{}]|\{[^}]*\})*\}/gu, "\u0000").replaceAll(".", "\\.").replaceAll("\u0000", ".+")}$`, "u"))
    .filter(({ source }) => /^\^(?:[a-z-]+\\\.)/u.test(source) || source === "^.+\\.many$");
  const silent = Object.keys(await allOf("en")).filter((key) => !code.includes(`"${key}"`) && !patterns.some((pattern) => pattern.test(key)));
  assert.deepEqual(silent, []);
});

test("every reaction has a name", async () => {
  const english = await allOf("en");
  for (const emoji of reactions) assert.ok(`reaction.${emoji}` in english);
});
