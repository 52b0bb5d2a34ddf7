// People at a server in memory, each on a device of their own, on which a page can be loaded again.

import { opens as opensOn, starts as startsOn, until } from "./meetings.js";
import { Device } from "./storage.js";

export const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const starts = (options, device = new Device()) => startsOn(options, device);
export const opens = (link, device = new Device()) => opensOn(link, device);
export const namesOf = ({ people }) => people.map(({ name }) => name).sort().join();
export const sees = (meeting, ...names) => until(`sees ${names}`, () => namesOf(meeting) === names.join() && meeting.people.every(({ link }) => link === "connected"));

export async function host(options, name = "Ana", device = new Device()) {
  const ana = await starts(options, device);
  await ana.join({ name });
  return ana;
}

export async function guest(link, name, options = {}, device = new Device()) {
  const meeting = await opens(link, device);
  await meeting.join({ name, ...options });
  return meeting;
}
