/**
 * The seal's own modules in this process, for those who help the hostile server: they speak the protocol as pages do.
 *
 * Loaded by address and without types: these files are checked where they belong, by the stricter rules of web/.
 */

import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Where the page is, in this repository or where `PARLOUR_WEB` says (see server.mjs). */
const web = resolve(process.env["PARLOUR_WEB"] ?? fileURLToPath(new URL("../../web", import.meta.url)));

/** @param {string} path below sdk/ @returns {Promise<any>} */
const load = (path) => import(pathToFileURL(`${web}/sdk/${path}`).href);

export const { b64, concat, hex, lv, u8, unb64, unlv } = await load("seal/bytes.js");
export const { hidOf, makeCore, signHostIn } = await load("seal/core.js");
export const { guardDescription } = await load("seal/guard.js");
export const { nextRules } = await load("seal/issue.js");
export const { invitationId, invitationPsk } = await load("seal/invite.js");
export const { ed25519Generate, EMPTY, kdf, random, sign, x25519Generate } = await load("seal/kdf.js");
export const { hostLink, readLink, roomLink } = await load("seal/link.js");
export const { Instance } = await load("seal/pair.js");
export const { Pairs } = await load("seal/pairs.js");
export const { createNamedRoom, createRoom, makeLink, nameIdOf, openLink, roomIdOf, sealRoomBox } = await load("seal/room.js");
export const { commitmentOf, sasOf, viewOf } = await load("seal/sas.js");
export const { readState, Rulebook, signState } = await load("seal/state.js");
export const { stretch } = await load("seal/password.js");
export const { writeAccept, writeArg, writeOpen } = await load("seal/wire.js");
