// Parlour's SDK: the only file that others import.
//
//   import { Meeting, supported } from "./sdk/parlour.js";
//   const meeting = await Meeting.create();            // or await Meeting.open({ fragment: location.hash })
//   meeting.addEventListener("change", () => draw(meeting.state, meeting.people));
//   await meeting.join({ name: 'Ana', audio: microphoneTrack, video: cameraTrack });
//
// There is no DOM in here and nothing to see: the SDK arranges sealed calls between pages (docs/sdk.md).
// What is not exported here is nobody's business and may change any day.

export { Meeting } from "./meeting.js";
export { ParlourError } from "./errors.js";
export { supported } from "./supported.js";
export { checkConnection } from "./check.js";
export { reachRelay } from "./reach.js";
export { readLink } from "./links.js";
export { forgetDevice } from "./keep.js";
export { REACTIONS as reactions } from "./content/hands.js";

/** @typedef {import("./types.js").MeetingState} MeetingState */
/** @typedef {import("./types.js").Me} Me */
/** @typedef {import("./types.js").Person} Person */
/** @typedef {import("./types.js").Route} Route */
/** @typedef {import("./types.js").Quality} Quality */
/** @typedef {import("./types.js").Note} Note */
/** @typedef {import("./types.js").LogEntry} LogEntry */
/** @typedef {import("./types.js").CheckStep} CheckStep */
/** @typedef {import("./reach.js").Reach} Reach */
/** @typedef {import("./types.js").Problem} Problem */
/** @typedef {import("./types.js").ChatMessage} ChatMessage */
/** @typedef {import("./types.js").Hand} Hand */
/** @typedef {import("./types.js").RecordingState} RecordingState */
/** @typedef {import("./types.js").FileOffer} FileOffer */
/** @typedef {import("./types.js").Poll} Poll */
/** @typedef {import("./links.js").ReadLink} ReadLink */
/** @typedef {import("./supported.js").Support} Support */
