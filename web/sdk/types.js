// Shapes that a page sees: the public types of the SDK. Types only, no code.

/**
 * Where the meeting stands.
 *
 * - `idle`: made, nothing asked yet
 * - `looking`: asking the server about the room
 * - `no-room`: the server knows no such room (yet); it is asked again every 5 s
 * - `ready`: the room is there, `join` may be called; `count` says how many people are in
 * - `joining`: on the way in
 * - `knocking`: at the door; `waiting` says for what. `leave` gives up
 * - `in`: in the meeting
 * - `reconnecting`: in the meeting, the server is out of reach; calls go on meanwhile
 * - `left`: this page left; final
 * - `ended`: the meeting is over or the host removed this person (`error` says which); final
 * - `failed`: it cannot go on here (`error` says why and what to do); final
 *
 * @typedef {"idle" | "looking" | "no-room" | "ready" | "joining" | "knocking" | "in" | "reconnecting" | "left" | "ended" | "failed"} MeetingState
 */

/**
 * This person. `id` is empty before join. `video`: a picture is sent; `screen`: it is the screen.
 * @typedef {{id: string, name: string, audio: boolean, video: boolean, screen: boolean, host: boolean}} Me
 */

/** Who may come in: everybody with the link; whom a host admits; the invited; nobody new. @typedef {"open" | "knock" | "invite" | "locked"} Door */

/**
 * The rules as the host signed them. `ends`: ms since 1970, or null. `cap`: people. `keepsPassword`: the room had one from the
 * start, which its link promises: it can be changed, never taken away. `keptUntil`: the room is to stay until then though everybody
 * leaves, ms since 1970, or null.
 * @typedef {{readonly door: Door, readonly password: boolean, readonly keepsPassword: boolean, readonly cap: number, readonly offRecord: boolean, readonly ends: number | null, readonly keptUntil: number | null}} Rules
 */

/**
 * What stands between this person and the room; `text` is the host's message when held. `busy`: those inside look at no
 * passwords now, as too many wrong ones were tried; the page asks again by itself.
 * @typedef {{what: "knocking" | "held" | "no-host" | "checking-password" | "busy", text: string}} Waiting
 */

/**
 * Somebody at the door, told to hosts only. `name` and `message` were typed by that person and are not verified. `left-over`:
 * somebody who lost the right to be here by new rules, and was not removed. `via`: label of the invitation; of a left-over,
 * the name of who says so, or empty.
 * @typedef {{readonly id: string, readonly name: string, readonly message: string, readonly how: "knock" | "invitation" | "left-over",
 *   readonly via: string, readonly held: boolean}} Knock
 */

/** A personal invitation, told to hosts only: how many people may come in by it, and how many have. @typedef {{readonly id: string, readonly label: string, readonly uses: number, readonly used: number}} Invitation */

/**
 * The code that people read to each other. `emoji` are six and `numbers` three when it is `ready`, else none; `covers` and
 * `missing` are ids of people. `press`: too many codes were begun; each further one wants `pressCode`.
 * @typedef {{state: "none" | "running" | "ready" | "broken" | "press", emoji: readonly {symbol: string, name: string}[],
 *   numbers: readonly number[], covers: readonly string[], missing: readonly string[]}} Code
 */

/**
 * Who did what. `text` is the sentence in English; for other languages `what` says which sentence it is, and the rest what it is about: `who`
 * and `about` are names, empty where not known, `label` that of an invitation, `when` a time that the sentence names.
 * @typedef {{readonly at: Date, readonly code: string, readonly text: string, readonly what: string, readonly who: string, readonly about: string,
 *   readonly label: string, readonly count: number, readonly when: Date | null}} LogEntry
 */

/**
 * How the media of a pair travels: through the relay or directly, and by which transport (to the relay, if relayed).
 * @typedef {{relayed: boolean, protocol: "udp" | "tcp" | "tls"}} Route
 */

/**
 * How well the media of somebody comes here: 4 bars are good, 1 is hardly usable. `lost`: percent of the packets of the last
 * 10 s; `rttMs`: there and back, null where the browser does not say.
 * @typedef {{readonly bars: 1 | 2 | 3 | 4, readonly lost: number, readonly rttMs: number | null}} Quality
 */

/**
 * Why the picture of somebody who has one does not come: `there`, their connection carries sound only; `here`, this device has no
 * time for it. Both end by themselves.
 * @typedef {"" | "there" | "here"} Paused
 */

/**
 * Somebody else in the meeting whose key and connection have been proven. `id` stays the same when that person
 * reloads the page. `stream` is one MediaStream for as long as the person is here; its tracks may come and go.
 * `audio` and `video` say what that person sends (as they told; muted is false); `screen`: the picture is a screen; `paused`: why it does not come. `host` was proven by the host key.
 * `name` is what that person typed: any text, not verified, may be empty. `ticked`: heard reading the code; `renamed`: heard
 * under another name; `admitted`: who let that person in (name of a host, or empty), when, and with which invitation (its
 * label, or empty). Ticks and admissions outlive a reload of this page. `verified`: the most that is known of who this is.
 * @typedef {{
 *   readonly id: string,
 *   readonly name: string,
 *   readonly stream: MediaStream,
 *   readonly audio: boolean,
 *   readonly video: boolean,
 *   readonly screen: boolean,
 *   readonly paused: Paused,
 *   readonly link: "connecting" | "connected" | "reconnecting" | "failed",
 *   readonly route: Route | null,
 *   readonly quality: Quality | null,
 *   readonly host: boolean,
 *   readonly ticked: boolean,
 *   readonly renamed: boolean,
 *   readonly admitted: {readonly by: string, readonly at: Date, readonly via: string} | null,
 *   readonly verified: "link" | "host" | "ticked",
 * }} Person
 */

/**
 * A standing remark for the people in front of the page. Grey: a delay or failure. Amber: people or rules differ.
 * Red: what somebody announced is not what came (seal.md 10). `person` is the id of whom it is about; `times` how often
 * it has happened, if more than once.
 * @typedef {{colour: "grey" | "amber" | "red", code: string, text: string, who?: string, about?: string, person?: string, times?: number}} Note
 */

/**
 * A message in the chat. `id` names it for as long as it is kept. `by` is the id of a person, who may have left; `name` what that person was
 * called. `text` is plain text of several lines: show it as nothing else. `back`: its author took it back, and `text` is empty; `delivery` is then
 * that of this. `live`: it came while this page was here. `told`: names of
 * those on whose word it is known, empty if it came from its author; `kept`: it is known from what the room keeps alone; `disputed`: others tell other words. `delivery`, of
 * one's own: `sending` (not yet everywhere), `delivered`, `partly` or `failed` (somebody went before it came), `alone` (nobody
 * else was here), else null.
 * @typedef {{readonly id: string, readonly by: string, readonly name: string, readonly own: boolean, readonly text: string, readonly back: boolean, readonly at: Date,
 *   readonly live: boolean, readonly told: readonly string[], readonly kept: boolean, readonly disputed: boolean,
 *   readonly delivery: "sending" | "delivered" | "partly" | "failed" | "alone" | null}} ChatMessage
 */

/**
 * What becomes of what this person says, in standard mode: `kept` by the server, sealed; `waiting` for that, or for the room's key; `full`: the
 * server takes no more; `nowhere`: it keeps nothing. `missing`: of so many who were here something is not there. `fileBytes`: the largest file that
 * the room keeps now, 0: none.
 * @typedef {{readonly state: "kept" | "waiting" | "full" | "nowhere", readonly missing: number, readonly fileBytes: number}} KeepingState
 */

/**
 * A recording on somebody's device. `asking`: everybody is asked; `on`: everybody agrees, and it goes on; `paused`: somebody has not
 * answered (who has just come in, or is not to be heard now), so nothing is recorded of anybody. `own`: on this device; else `by` is
 * the id of who records, and `answer` what this person has said. Of one's own: `waits`, names of those without an answer that
 * counts, and `people`, ids of the others who may be in the file at this moment.
 * @typedef {{readonly state: "none" | "asking" | "on" | "paused", readonly own: boolean, readonly by: string, readonly name: string,
 *   readonly answer: "none" | "yes" | "no", readonly waits: readonly string[], readonly people: readonly string[]}} RecordingState
 */

/** `person` is an id. @typedef {{readonly person: string, readonly at: Date}} Hand */

/**
 * A file that somebody offers. `file` is a name under which it can be saved on any system; `program`: opening it may run
 * something. `hash`: SHA-256 in hexadecimal. `to`: id of the one person it is for, or empty. `state`: of others' `offered`, `wanted`
 * (accepted, waits), `receiving`, `checking`, `ready` (its hash is right), `declined`, `withdrawn`, `failed` (its sender is gone), `incomplete` (the room has not
 * all of it; accept it again), `damaged` (its hash is wrong; thrown away); of one's own `offered` or `withdrawn`, and of each page of a receiver `receivers`. `done`: bytes that came,
 * of one's own that went to the room. `kept`: of others' `kept` if the room has it, else `none`; of one's own also `storing`, `full` and `failed`: it is offered from this
 * page alone. `earlier`: one's own of before this page was loaded, known from the room; it can be accepted and taken back.
 * @typedef {{readonly id: string, readonly by: string, readonly name: string, readonly own: boolean, readonly earlier: boolean, readonly to: string, readonly file: string,
 *   readonly kept: import("./content/offers.js").KeptState, readonly size: number, readonly type: string, readonly hash: string, readonly at: Date, readonly live: boolean, readonly program: boolean,
 *   readonly state: import("./content/files.js").FileState, readonly done: number,
 *   readonly receivers: readonly {readonly id: string, readonly name: string, readonly done: number,
 *     readonly state: import("./content/offers.js").ReceiverState}[]}} FileOffer
 */

/**
 * `told`: on whose word it is known (a name), empty if on its author's. `secret`: its author's page counts and shows no names. `mine`: what
 * this person chose, places in `choices`.
 * @typedef {{readonly id: string, readonly by: string, readonly name: string, readonly own: boolean, readonly question: string,
 *   readonly choices: readonly {readonly text: string, readonly votes: number, readonly voters: readonly {readonly id: string, readonly name: string}[]}[],
 *   readonly multiple: boolean, readonly secret: boolean, readonly at: Date, readonly live: boolean, readonly told: string, readonly kept: boolean,
 *   readonly open: boolean, readonly voters: number, readonly mine: readonly number[]}} Poll
 */

/**
 * One thing that was tried, see checkConnection. `code`, of one that failed: as of errors, or `no-stun`; of `server`: `polling` where WebSockets do not get through. `ms`: how long it took.
 * @typedef {{readonly id: "browser" | "server" | "seat" | "stun" | "udp" | "tcp" | "tls", readonly state: "running" | "ok" | "failed" | "none",
 *   readonly code: string, readonly ms: number | null}} CheckStep
 */

/**
 * Detail of the `problem` event: something failed just now; the meeting goes on unless `state` says otherwise.
 * @typedef {{code: string, text: string}} Problem
 */

export {};
