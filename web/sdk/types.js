// Shapes that a page sees: the public types of the SDK. Types only, no code.

/**
 * Where the meeting stands.
 *
 * - `idle`: made, nothing asked yet
 * - `looking`: asking the server about the room
 * - `no-room`: the server knows no such room (yet); it is asked again every 5 s
 * - `ready`: the room is there, `join` may be called; `count` says how many people are in
 * - `joining`: on the way in
 * - `in`: in the meeting
 * - `reconnecting`: in the meeting, the server is out of reach; calls go on meanwhile
 * - `left`: this page left; final
 * - `ended`: the meeting is over or the host removed this person (`error` says which); final
 * - `failed`: it cannot go on here (`error` says why and what to do); final
 *
 * @typedef {"idle" | "looking" | "no-room" | "ready" | "joining" | "in" | "reconnecting" | "left" | "ended" | "failed"} MeetingState
 */

/**
 * This person. `id` is empty before join.
 * @typedef {{id: string, name: string, audio: boolean, video: boolean, host: boolean}} Me
 */

/**
 * How the media of a pair travels: through the relay or directly, and by which transport (to the relay, if relayed).
 * @typedef {{relayed: boolean, protocol: "udp" | "tcp" | "tls"}} Route
 */

/**
 * Somebody else in the meeting whose key and connection have been proven. `id` stays the same when that person
 * reloads the page. `stream` is one MediaStream for as long as the person is here; its tracks may come and go.
 * `audio` and `video` say what that person sends (as they told; muted is false). `host` was proven by the host key.
 * `name` is what that person typed: any text, not verified, may be empty.
 * @typedef {{
 *   readonly id: string,
 *   readonly name: string,
 *   readonly stream: MediaStream,
 *   readonly audio: boolean,
 *   readonly video: boolean,
 *   readonly link: "connecting" | "connected" | "reconnecting" | "failed",
 *   readonly route: Route | null,
 *   readonly host: boolean,
 * }} Person
 */

/**
 * A standing remark for the people in front of the page. Grey: a delay or failure. Amber: people or rules differ.
 * Red: what somebody announced is not what came (seal.md 10). `person` is the id of whom it is about.
 * @typedef {{colour: "grey" | "amber" | "red", code: string, text: string, person?: string}} Note
 */

/**
 * Detail of the `problem` event: something failed just now; the meeting goes on unless `state` says otherwise.
 * @typedef {{code: string, text: string}} Problem
 */

export {};
