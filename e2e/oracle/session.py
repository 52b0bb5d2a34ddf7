"""Opens docs/vectors/session.json, a whole meeting that the page's own code spoke, with the keys of its people alone.

Every core, room_box and state, every frame in its order, every confirmation and proof is checked by this second
reading of the protocol; and what was said must come out, each message once and in order. `session.mjs` records it.
"""

import json
import pathlib

import pair
import room
import state
from notation import Refused, b64, ed25519_public, lv, unb64, verify, x25519_public

FILE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "vectors" / "session.json"
MISFIT = "session.json: "


def raw(value):
    return bytes.fromhex(value)


def unlv(data):
    items = []
    while data:
        length = int.from_bytes(data[:4], "big")
        items.append(data[4 : 4 + length])
        if len(data) < 4 or len(items[-1]) != length:
            raise Refused("lv")
        data = data[4 + length :]
    return items


def expect(condition, what):
    if not condition:
        raise SystemExit(f"oracle: {MISFIT}{what}")


class Instance:
    """One open and its accept: keys of both sides, and how far each direction has come."""

    def __init__(self, meeting, initiator, responder, opened, accepted):
        core_i, sig_i, pn_i, how, arg = opened
        pn, core_r, sig_r, pn_r, right_r, y = accepted
        expect(pn == pn_i and len(pn_r) == 16 and y == b"", "an accept answers its open")
        for who, core, sig in ((initiator, core_i, sig_i), (responder, core_r, sig_r)):
            expect(room.read_core(meeting.room, core, sig)["hid"] == who["hid_bytes"], "a core is its sender's")
        room_id, x, right_i = unlv(arg)
        expect(room_id == meeting.room_id and x == b"" and how[0] in (0, 2, 3), "the way in")
        meeting.check_right(initiator, right_i)
        meeting.check_right(responder, right_r)
        self.initiator, self.responder = initiator, responder
        self.T = pair.transcript(meeting.room, how[0], arg, core_i, pn_i, core_r, pn_r, right_r, y)
        self.keys = pair.keys(self.T, raw(initiator["ephemeral"]), core_r[1:33], meeting.k_link, b"")
        other = pair.keys(self.T, raw(responder["ephemeral"]), core_i[1:33], meeting.k_link, b"")
        expect(self.keys == other, "both sides derive the same")
        self.last = {"I": 0, "R": 0}

    def side(self, page):
        return "I" if page is self.initiator else "R"

    def open(self, sender, receiver, frame):
        side = self.side(sender)
        key, sealed = self.keys[f"seal_{side}"], unb64(frame["c"])
        expect(frame["n"] == self.last[side] + 1, "numbers follow one another")
        self.last[side] = frame["n"]
        text = pair.open_frame(key, self.T, sender["hid_bytes"][:8], receiver["hid_bytes"][:8], frame["n"], sealed)
        try:
            pair.open_frame(key, self.T, receiver["hid_bytes"][:8], sender["hid_bytes"][:8], frame["n"], sealed)
        except Refused:
            return text
        raise SystemExit(f"oracle: {MISFIT}a reflected frame opens")


class Meeting:
    def __init__(self, recording):
        given = {name: raw(value) if isinstance(value, str) else value for name, value in recording["room"].items()}
        self.room, self.room_id, self.k_link = given["room"], given["room_id"], given["k_link"]
        self.host_seed, self.flags0 = given["host_seed"], given["flags0"]
        self.host_pk = ed25519_public(self.host_seed)
        opened = room.open_room_box(given["R"], given["room_box"], given["box_sig"])
        expect(opened == (self.host_pk, given["r"], self.flags0), "the room_box")
        expect(self.room == room.link_room(self.host_pk), "room")
        expect(self.room_id == room.room_id(given["R"]) and self.k_link == room.link_key(given["R"], self.room), "room_id and K_link")
        self.known = {one["json_text"]: raw(one["sig"]) for one in recording["states"]}
        self.pages = {b64(raw(page["hid"])[:8]): page for page in recording["pages"]}
        for page in self.pages.values():
            page["hid_bytes"] = raw(page["hid"])
            core, sig = room.core(self.room, x25519_public(raw(page["ephemeral"])), raw(page["spk_seed"]), raw(page["fp"]), raw(page["rnd"]), 0)
            expect((core.hex(), sig.hex()) == (page["core"], page["core_sig"]), f"core of {page['name_text']}")
            expect(room.hid(self.room, core) == page["hid_bytes"], "hid")
        self.opens, self.instances = {}, {}
        self.confirmed, self.checked_states, self.frames = 0, 0, 0
        self.heard, self.order = {}, []

    def check_right(self, page, right):
        expect(bool(right) == bool(page["host"]), "only hosts show host-in")
        if right:
            expect(verify(self.host_pk, right, lv("parlour/1 host-in", self.room, page["hid_bytes"])), "host-in")

    def check_docs(self, docs):
        items = unlv(docs)
        expect(len(items) % 2 == 0, "docs are pairs")
        for text, signature in zip(items[::2], items[1::2], strict=True):
            state.read_state(text.decode(), signature, self.room, self.host_pk, flags0=self.flags0)
            expect(self.known.get(text.decode()) == signature, "a state that the host signed")
            self.checked_states += 1

    def take(self, sender, receiver, body):
        if "open" in body:
            opened = unlv(unb64(body["open"]))
            self.opens[opened[2]] = (sender, receiver, opened)
        elif "accept" in body:
            accepted = unlv(unb64(body["accept"]))
            initiator, responder, opened = self.opens[accepted[0]]
            expect(initiator is receiver and responder is sender, "the accept goes to who opened")
            instance = Instance(self, initiator, responder, opened, accepted)
            self.instances[b64(instance.T[:8])] = instance
        elif "refuse" in body:
            pn, code, docs = unlv(unb64(body["refuse"]))
            expect(pn in self.opens and code in (b"stale", b"unknown", b"ask-another"), "the refuse")
            self.check_docs(docs)
        else:
            self.frame(sender, receiver, body)

    def frame(self, sender, receiver, body):
        instance = self.instances[body["k"]]
        said = json.loads(instance.open(sender, receiver, body))
        self.frames += 1
        if body["n"] == 1:
            conf = pair.conf(instance.keys[f"conf_{instance.side(sender)}"], instance.T)
            expect(unb64(said["conf"]) == conf, "conf")
            self.check_docs(unb64(said["docs"]))
            self.confirmed += 1
        elif "m" in said:
            self.message(sender, receiver, said["m"], said["d"])

    def message(self, sender, receiver, number, message):
        """Each once: what was repeated after a loss must be the same."""
        where = (sender["name_text"], receiver["name_text"], number)
        known = self.heard.setdefault(where, message)
        expect(known == message, "a repeated message is the same")
        if message["k"] == "states":
            self.check_docs(unb64(message["docs"]))
        if message["k"] == "chat" and where not in self.order:
            self.order.append(where)

    def check_said(self, said):
        """Of each to each, in order, nothing more and nothing less."""
        for sender in self.pages.values():
            for receiver in self.pages.values():
                pids = (b64(sender["hid_bytes"][:8]), b64(receiver["hid_bytes"][:8]))
                given = [json.loads(one["message_text"]) for one in said if (one["from_text"], one["to_text"]) == pids]
                names = (sender["name_text"], receiver["name_text"])
                numbers = sorted(where[2] for where in self.order if where[:2] == names)
                expect([self.heard[(*names, number)] for number in numbers] == given, f"what {names[0]} said to {names[1]}")

    def check_proofs(self, proofs):
        for given in proofs:
            sender, receiver = self.pages[given["from_text"]], self.pages[given["to_text"]]
            T, _ = unlv(raw(given["proof"]))
            instance = self.instances[b64(T[:8])]
            key = instance.keys[f"conf_{instance.side(sender)}"]
            expect({id(instance.initiator), id(instance.responder)} == {id(sender), id(receiver)} and instance.T == T, "the proof's pair")
            made = pair.proof(key, T, given["gen"], raw(sender["fp"]), raw(receiver["fp"]))
            expect(made.hex() == given["proof"], "proof")
            wrong = pair.proof(key, T, given["gen"] + 1, raw(sender["fp"]), raw(receiver["fp"]))
            expect(wrong.hex() != given["proof"], "a proof is of one generation")


def check():
    """Everything in the recording; returns how many things were opened or verified."""
    recording = json.loads(FILE.read_text(encoding="utf-8"))
    meeting = Meeting(recording)
    for text, signature in meeting.known.items():
        read = state.read_state(text, signature, meeting.room, meeting.host_pk, flags0=meeting.flags0)
        expect(read is not None, "state")
        expect(state.sign_state(meeting.host_seed, text) == signature, "the state's signature")
    for signal in recording["signals"]:
        meeting.take(meeting.pages[signal["from_text"]], meeting.pages[signal["to_text"]], json.loads(signal["body_text"]))
    meeting.check_said(recording["said"])
    meeting.check_proofs(recording["proofs"])
    expect(meeting.confirmed >= 2 * len(meeting.instances) - 1 and meeting.frames > 50, "there was a meeting")
    return meeting.frames + meeting.confirmed + meeting.checked_states + len(recording["proofs"]) + len(recording["said"])


if __name__ == "__main__":
    print(f"oracle: session.json: {check()} checks passed")
