"""Recomputes every vector of docs/vectors/, opens the recorded meeting, and stops at the first difference.

What the oracle made itself must come out again, byte for byte; the CPace draft's own vectors must come out as well,
and what the vectors call refused must be refused by the reading half of the oracle, which made none of them.
"""

import json
import sys

import blob
import pair
import password
import room
import session
import state
import vectors
from notation import Refused, unb64, x25519


def load(name):
    return json.loads((vectors.FOLDER / f"{name}.json").read_text(encoding="utf-8"))["cases"]


def raw(value):
    return bytes.fromhex(value)


def refused(work, *args):
    try:
        work(*args)
    except Refused:
        return True
    return False


def expect(condition, where):
    if not condition:
        sys.exit(f"oracle: {where} differs")


def same_files():
    for name in vectors.FILES:
        stored = (vectors.FOLDER / f"{name}.json").read_text(encoding="utf-8")
        expect(stored == vectors.render(name), f"docs/vectors/{name}.json")


def base64url_and_links():
    for case in load("0-notation"):
        given = case["in"]
        if "base64url_text" in given:
            expect(refused(unb64, given["base64url_text"]), case["name"])
    for case in load("1-links"):
        given, out = case["in"], case["out"]
        if "link_text" in given:
            expect(refused(room.read_link, given["link_text"]), given["link_text"])
        elif case["name"] in ("room", "invitation", "host"):
            expect(room.read_link(out["link_text"]) == (case["name"], raw(given["bytes"])), out["link_text"])
        elif "room_box" in given:
            expect(refused(room.open_room_box, raw(given["R"]), raw(given["room_box"]), raw(given["box_sig"])), case["name"])
        elif "room_box" in out:
            opened = room.open_room_box(raw(out["R"]), raw(out["room_box"]), raw(out["box_sig"]))
            expect(opened == (raw(out["host_pk"]), raw(given["r"]), given["flags0"]), case["name"])


def cores_and_frames():
    for case in load("3-cores"):
        given, out = case["in"], case["out"]
        if "session" in given:
            read = (room.read_join, raw(given["room"]), raw(given["session"]), raw(given["core"]))
            expect(refused(*read, raw(given["join_sig"])) if out.get("refused") else read[0](*read[1:], raw(out["join_sig"])) == raw(out["pid"]), case["name"])
        elif out.get("refused"):
            expect(refused(room.read_core, raw(given["room"]), raw(given["core"]), raw(given["core_sig"])), case["name"])
        elif "core" in out:
            expect(room.read_core(raw(given["room"]), raw(out["core"]), raw(out["core_sig"]))["hid"] == raw(out["hid"]), case["name"])
    for case in load("4-pair"):
        given, out = case["in"], case["out"]
        pid_i, pid_r = (room.hid(raw(given["room"]), raw(given[core]))[:8] for core in ("core_i", "core_r"))
        for frame in out["frames"]:
            sealed = unb64(frame["c_text"])
            plain = pair.open_frame(raw(out["seal_I"]), raw(out["T"]), pid_i, pid_r, frame["n"], sealed)
            expect(plain == frame["plain_text"] and len(sealed) in (272, 528), f"frame {frame['n']}")
            expect(refused(pair.open_frame, raw(out["seal_I"]), raw(out["T"]), pid_r, pid_i, frame["n"], sealed), "reflected frame")


def blobs_open_as_what_they_are():
    for case in load("9-blob"):
        given, out = case["in"], case["out"]
        where = [raw(given[name]) for name in ("key", "room", "blob_id")]
        if out.get("refused"):
            expect(refused(blob.open_blob, where[0], where[1], given["j"], where[2], raw(given["blob"])), case["name"])
        else:
            expect(blob.open_blob(where[0], where[1], out["j"], where[2], raw(out["blob"])) == raw(given["text"]), case["name"])


def pieces_open_in_their_place():
    for case in load("9-piece"):
        given, out = case["in"], case["out"]
        what = (raw(given["key"]), raw(given["room"]), given["index"])
        if out.get("refused"):
            expect(refused(blob.open_piece, *what, raw(given["blob"])), case["name"])
        else:
            expect(blob.open_piece(*what, raw(out["blob"])) == raw(given["data"]), case["name"])


def merges_in_any_order():
    for case in load("2-merge"):
        read = [
            {"text": one["rules_text"], "rules": state.parse_rules(one["rules_text"]), "until": one["until"], "digest": state.H(one["rules_text"].encode())}
            for one in case["in"]["states"]
        ]
        for order in (read, read[::-1], read[1:] + read[:1] + read):
            kept, rules, until = state.settle(order)
            expect([one["digest"].hex() for one in kept] == case["out"]["kept"], case["name"])
            expect((state.write_rules(rules), until) == (case["out"]["rules_text"], case["out"]["until"]), case["name"])


def cpace_of_the_draft():
    whole, abort, counts = load("7-cpace")
    given = {name: raw(value) for name, value in whole["in"].items()}
    g = password.generator(given["prs"], given["ci"], given["sid"])
    share_a, share_b = password.share(given["ya"], g), password.share(given["yb"], g)
    k = password.share(given["ya"], share_b)
    isk = password.session_key(given["sid"], k, share_a, given["ad_a"], share_b, given["ad_b"])
    made = {"g": g, "share_a": share_a, "share_b": share_b, "k": k, "isk": isk}
    expect({name: value.hex() for name, value in made.items()} == whole["out"], whole["name"])
    for point in abort["in"]["points"]:
        expect(refused(x25519, raw(abort["in"]["scalar"]), raw(point)), f"low order {point}")
    for point, product in zip(counts["in"]["points"], counts["out"]["products"], strict=True):
        expect(x25519(raw(counts["in"]["scalar"]), raw(point)).hex() == product, f"product {point}")


if __name__ == "__main__":
    same_files()
    base64url_and_links()
    cores_and_frames()
    blobs_open_as_what_they_are()
    pieces_open_in_their_place()
    merges_in_any_order()
    cpace_of_the_draft()
    vectors_agree = sum(len(load(name)) for name in [*vectors.FILES, "7-cpace"])
    print(f"oracle: {vectors_agree} vectors and {session.check()} parts of a recorded meeting: {vectors_agree + session.check()} passed")
