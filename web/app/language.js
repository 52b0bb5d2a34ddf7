// In which language the page speaks: which one is chosen, its tables, and how a sentence is made of a table and what it
// is about. The tables are in words/<language>/, one file for each part of the page, and only those of one language are
// fetched. What a sentence is about decides its form by the rules of the language (Intl.PluralRules).

/** @typedef {"en" | "de" | "fr" | "es"} Language */
/** A sentence with {names} in it, or its forms by number: the value `count` chooses. @typedef {string | Readonly<Record<string, string>>} Message */
/** @typedef {typeof import("./words/en/door.js").words & typeof import("./words/en/room.js").words & typeof import("./words/en/talk.js").words & typeof import("./words/en/errors.js").words & typeof import("./words/en/check.js").words} English */
/** @typedef {keyof English} Key */
/** `door`: all until one is in. `room` and `talk`: the call. @typedef {"door" | "room" | "talk" | "errors" | "check"} Part */

/** In their own language, as whoever looks for it reads it. @type {Readonly<Record<Language, string>>} */
export const languages = Object.freeze({ en: "English", de: "Deutsch", fr: "Français", es: "Español" });

/** @type {Language} */
let spoken = "en";
/** Asked for last, and on its way unless it is the one that is spoken. @type {Language} */
let wished = spoken;
let latest = Promise.resolve();
/** @type {Map<string, Message>} */
let table = new Map();
/** What `table` is made of. @type {Map<Part, Record<string, Message>>} */
let tables = new Map();
/** That are needed, whether here or not. @type {Set<Part>} */
const parts = new Set();
let intl = intlOf(spoken);

/** @param {Language} language */
function intlOf(language) {
  return {
    plural: new Intl.PluralRules(language),
    ordinal: new Intl.PluralRules(language, { type: "ordinal" }),
    list: new Intl.ListFormat(language, { style: "long", type: "conjunction" }),
    number: new Intl.NumberFormat(language),
    day: new Intl.DateTimeFormat(language, { day: "numeric", month: "long" }),
    clock: new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  };
}

/** @param {unknown} name @returns {name is Language} */
export function isLanguage(name) {
  return typeof name === "string" && Object.hasOwn(languages, name);
}

/**
 * The first of the wished languages that the page speaks; else English.
 * @param {string} chosen by the person, or "" for the browser's
 * @param {readonly string[]} wished the browser's, BCP 47, best first
 * @returns {Language}
 */
export function languageOf(chosen, wished) {
  return [chosen, ...wished.map((tag) => tag.toLowerCase().split("-")[0])].find(isLanguage) ?? "en";
}

/** Which one is spoken now. @returns {Language} */
export function language() {
  return spoken;
}

/** Which one is spoken, or will be as soon as its words are here. @returns {Language} */
export function languageWished() {
  return wished;
}

/**
 * Fetches words and speaks by them from then on. What was fetched of another language is given up; its parts are fetched
 * anew, so that a change in the middle leaves nothing behind. Of two changes at once the later one holds, and both end with it.
 * @param {Language} wanted
 * @param {readonly Part[]} needed from now on, in whatever language
 * @returns {Promise<void>}
 * @throws {TypeError} if a table cannot be fetched; then everything stays as it was
 */
export function speak(wanted, needed) {
  for (const part of needed) parts.add(part);
  wished = wanted;
  latest = fetched(wanted);
  return latest;
}

/** @param {Language} wanted */
async function fetched(wanted) {
  /** @type {Map<Part, Record<string, Message>>} */
  const found = wanted === spoken ? new Map(tables) : new Map();
  try {
    // In the meantime more may be needed.
    for (let missing = [...parts]; missing.length > 0; missing = [...parts].filter((part) => !found.has(part))) {
      await Promise.all(missing.filter((part) => !found.has(part)).map(async (part) => found.set(part, (await import(`./words/${wanted}/${part}.js`)).words)));
    }
  } catch (error) {
    if (wished === wanted) wished = spoken;
    throw error;
  }
  if (wished !== wanted) return latest;
  if (wanted !== spoken) intl = intlOf(wanted);
  spoken = wanted;
  tables = found;
  table = new Map([...found.values()].flatMap((words) => Object.entries(words)));
}

/**
 * A sentence. Numbers are written as the language writes them.
 * @param {Key} key
 * @param {Readonly<Record<string, string | number>>} [values] for the names in it
 * @returns {string} the key itself while its table is not there
 */
export function t(key, values = {}) {
  return written(table.get(key), values, intl.plural) ?? key;
}

/** The same for a place in a row, "2nd". @param {Key} key @param {number} count @returns {string} */
export function nth(key, count) {
  return written(table.get(key), { count }, intl.ordinal) ?? key;
}

/**
 * A sentence whose key comes from elsewhere, such as the code of an error.
 * @param {string} key
 * @param {Readonly<Record<string, string | number>>} values
 * @param {string} otherwise where there is none
 * @returns {string}
 */
export function known(key, values, otherwise) {
  return written(table.get(key), values, intl.plural) ?? otherwise;
}

/**
 * @param {Message | undefined} message
 * @param {Readonly<Record<string, string | number>>} values
 * @param {Intl.PluralRules} rules
 * @returns {string | undefined}
 */
function written(message, values, rules) {
  const text = typeof message === "object" ? message[rules.select(Number(values["count"]))] ?? message["other"] : message;
  return text?.replace(/\{(\w+)\}/gu, (whole, name) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? intl.number.format(value) : value;
  });
}

/** Names in one phrase: "Ada, Ben, and Guest". @param {readonly string[]} names @returns {string} */
export function listed(names) {
  return intl.list.format(names);
}

/** @param {Date} at @returns {string} such as 14:05 */
export function timeOf(at) {
  return intl.clock.format(at);
}

/** @param {Date} at @returns {string} such as 22 December */
export function dateOf(at) {
  return intl.day.format(at);
}

/** @param {number} number @param {number} digits after the point @returns {string} */
export function decimal(number, digits) {
  return number.toLocaleString(spoken, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** With a capital letter in front. @param {string} text @returns {string} */
export function capital(text) {
  return text.charAt(0).toLocaleUpperCase(spoken) + text.slice(1);
}
