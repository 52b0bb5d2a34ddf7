// Who is large on the stage: whom this person has pinned, else a screen that somebody shows, else, in the speaker view, who
// speaks. And whom the small window shows. Pure, as state.js; forgotten with the meeting.

/** @typedef {import("../sdk/parlour.js").Person} Person */

/**
 * @typedef {object} Stage
 * @property {"grid" | "speaker"} view
 * @property {string} pinned id of a person, or ""
 * @property {readonly string[]} screens ids of those who show a screen, who began last at the end
 * @property {readonly string[]} voices ids of the others who speak now
 * @property {string} floor id of who spoke last; stays with them until somebody else speaks alone
 * @property {"off" | "asking" | "on"} sharing this person's own screen
 * @property {Small | null} small the small window over other programs, while it is open
 */

/** `lines` of its picture, in pixels of the screen; `bare`: it has a picture and nothing else, so nobody without one. @typedef {{lines: number, bare: boolean}} Small */

/**
 * @typedef {{what: "view", view: Stage["view"]}
 *   | {what: "pin", person: string}
 *   | {what: "voice", person: string, on: boolean}
 *   | {what: "sharing", sharing: Stage["sharing"]}
 *   | {what: "small", small: Small | null}} StageEvent `pin` of who is pinned, or of nobody, unpins
 */

/** @type {Stage} */
export const noStage = Object.freeze({ view: "grid", pinned: "", screens: [], voices: [], floor: "", sharing: "off", small: null });

/**
 * @param {Stage} stage
 * @param {StageEvent} event
 * @returns {Stage}
 */
export function nextStage(stage, event) {
  switch (event.what) {
    // Whoever asks for the other view wants to see it.
    case "view": return { ...stage, view: event.view, pinned: "" };
    case "pin": return { ...stage, pinned: event.person === stage.pinned ? "" : event.person };
    case "voice": return withVoices(stage, [...stage.voices.filter((id) => id !== event.person), ...(event.on ? [event.person] : [])]);
    case "sharing": return { ...stage, sharing: event.sharing };
    case "small": return { ...stage, small: event.small };
  }
}

/**
 * The stage after people came, went, began to show a screen or ended it.
 * @param {Stage} stage
 * @param {readonly Person[]} people
 * @returns {Stage}
 */
export function withPeople(stage, people) {
  const isHere = (/** @type {string} */ id) => people.some((person) => person.id === id);
  const showing = people.filter(({ screen }) => screen).map(({ id }) => id);
  return {
    ...withVoices(stage, stage.voices.filter(isHere)),
    pinned: isHere(stage.pinned) ? stage.pinned : "",
    screens: [...stage.screens.filter((id) => showing.includes(id)), ...showing.filter((id) => !stage.screens.includes(id))],
  };
}

/**
 * Who has the large place.
 * @param {Stage} stage
 * @param {readonly Person[]} people
 * @returns {string} an id, or "" where all are alike
 */
export function focusOf({ view, pinned, screens, floor }, people) {
  const speaker = people.some(({ id }) => id === floor) ? floor : people[0]?.id ?? "";
  return pinned || screens.at(-1) || (view === "speaker" ? speaker : "");
}

/**
 * Whom the small window shows: who would be large in the speaker view.
 * @param {Stage} stage
 * @param {readonly Person[]} people
 * @param {boolean} bare nobody without a picture
 * @returns {string} an id, or "" if there is nobody
 */
export function smallOf(stage, people, bare) {
  const focus = focusOf({ ...stage, view: "speaker" }, people);
  if (!bare || people.some(({ id, video }) => id === focus && video)) return focus;
  return people.find(({ video }) => video)?.id ?? "";
}

/** Lines up to which a picture is a small one. */
const SMALL = 240;
/** With more others than this in a grid whoever spoke last is sent large and the rest small: so many large ones nobody's device encodes. */
const CROWD = 4;

/**
 * How large the pictures are to be sent, who matters most first.
 * @param {Stage} stage
 * @param {readonly Person[]} people
 * @param {ReadonlyMap<string, number>} heights of their pictures on the page, in pixels of the screen; who is missing is not seen there
 * @returns {Map<string, "off" | "small" | "large">}
 */
export function sizesOf(stage, people, heights) {
  const focus = focusOf(stage, people);
  const { small } = stage;
  const apart = small ? smallOf(stage, people, small.bare) : "";
  const ranks = [focus, apart, stage.floor, ...stage.voices];
  const rank = (/** @type {Person} */ { id }) => (ranks.includes(id) ? ranks.indexOf(id) : ranks.length);
  return new Map([...people].sort((a, b) => rank(a) - rank(b)).map(({ id }) => {
    const height = Math.max(heights.get(id) ?? 0, small && id === apart ? small.lines : 0);
    const isAside = focus === "" ? people.length > CROWD && id !== stage.floor : id !== focus;
    return [id, height === 0 ? "off" : height <= SMALL || isAside ? "small" : "large"];
  }));
}

/**
 * Who speaks on keeps the floor when somebody else begins.
 * @param {Stage} stage
 * @param {readonly string[]} voices
 * @returns {Stage}
 */
function withVoices(stage, voices) {
  return { ...stage, voices, floor: voices.includes(stage.floor) ? stage.floor : voices[0] ?? stage.floor };
}
