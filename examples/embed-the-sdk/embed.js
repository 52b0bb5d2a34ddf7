// A page that joins a Parlour room: imports the SDK from the running server and draws what it says.
import { Meeting, ParlourError, supported } from "http://127.0.0.1:8080/sdk/parlour.js";

const server = "http://127.0.0.1:8080";
const state = /** @type {HTMLElement} */ (document.getElementById("state"));
const people = /** @type {HTMLElement} */ (document.getElementById("people"));
const join = /** @type {HTMLButtonElement} */ (document.getElementById("join"));

try {
  const support = supported();
  if (!support.ok) throw new Error(support.text);
  const meeting = await Meeting.open({ server, fragment: location.hash });
  meeting.addEventListener("change", () => {
    state.textContent = `${meeting.state}, ${meeting.count} in the room`;
    join.disabled = meeting.state !== "ready";
    people.replaceChildren(...meeting.people.map(({ stream, name }) => {
      const video = document.createElement("video");
      Object.assign(video, { autoplay: true, playsInline: true, srcObject: stream, title: name });
      return video;
    }));
  });
  join.addEventListener("click", async () => {
    const own = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    await meeting.join({ name: "embedded", audio: own.getAudioTracks()[0], video: own.getVideoTracks()[0] });
  });
  await meeting.look();
} catch (error) {
  state.textContent = error instanceof ParlourError || error instanceof Error ? error.message : String(error);
}
