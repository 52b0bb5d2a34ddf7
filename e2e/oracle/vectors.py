"""Makes the test vectors of docs/vectors/ from fixed labels: nothing random, the same bytes on every run.

    python3 e2e/oracle/vectors.py --write

Byte strings are hex; names that end in `_text` hold text, numbers are numbers. `check.py` compares.
"""

import json
import pathlib
import sys

import blob
import pair
import password
import room
import sas
import vectors_state
from fixtures import HOST_PK, HOST_SEED, NAMED, ROOM, R, some
from notation import H, b64, ed25519_public, hmac, kdf, lv, seal, sign, u32, x25519, x25519_public

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs" / "vectors"


def notation():
    ed_seed = some("ed25519", 32)
    x_a, x_b = some("x25519 a", 32), some("x25519 b", 32)
    cases = [
        {"name": "lv", "in": {"items": ["", "00", some("item", 300), b"\xc3\xa9"]}, "out": {"lv": lv("", b"\0", some("item", 300), "é")}},
        {"name": "lv of a list", "in": {"items": ["61", ["62", "63"], "64"]}, "out": {"lv": lv("a", ["b", "c"], "d")}},
        {"name": "lv of nothing", "in": {"items": []}, "out": {"lv": b""}},
    ]
    for n in (0, 1, 2, 3, 31, 32, 33):
        cases.append({"name": f"base64url of {n} bytes", "in": {"bytes": some(f"b64 {n}", n)}, "out": {"base64url_text": b64(some(f"b64 {n}", n))}})
    for text in ("AA==", "AB", "AAB", "A", "AA AA", "A+/A", "AAAA\n", "ÄAAA"):
        cases.append({"name": "base64url refused", "in": {"base64url_text": text}, "out": {"refused": True}})
    for ikm, salt, label, ctx, n in (
        (some("ikm", 16), b"", "room-id", b"", 12),
        (some("ikm", 32), some("salt", 16), "seal", b"I", 32),
        (some("ikm", 200), some("salt", 32), "pake-out", some("ctx", 32), 96),
    ):
        cases.append(
            {"name": f"KDF {label}", "in": {"ikm": ikm, "salt": salt, "label_text": label, "ctx": ctx, "n": n}, "out": {"okm": kdf(ikm, salt, label, ctx, n)}}
        )
    cases += [
        {"name": "H", "in": {"bytes": b"abc"}, "out": {"h": H(b"abc")}},
        {"name": "HMAC", "in": {"key": some("key", 32), "data": b"data"}, "out": {"hmac": hmac(some("key", 32), b"data")}},
        {"name": "X25519", "in": {"private": x_a, "public": x25519_public(x_b)}, "out": {"shared": x25519(x_a, x25519_public(x_b))}},
        {
            "name": "Ed25519",
            "in": {"seed": ed_seed, "message": b"message"},
            "out": {"public": ed25519_public(ed_seed), "signature": sign(ed_seed, b"message")},
        },
    ]
    return cases


def links():
    cases = []
    kinds = (("room", 16), ("invitation", 16), ("host", 48))
    for kind, length in kinds:
        for data in (bytes(length), b"\xff" * length, some(f"{kind} 1", length), some(f"{kind} 2", length)):
            cases.append({"name": kind, "in": {"bytes": data}, "out": {"link_text": room.link(kind, data)}})
    good = room.link("room", some("room 1", 16))
    for text in (good[:-1], good[:-1] + ("0" if good[-1] != "0" else "2"), good[:9] + "u" + good[10:], good + "0", "#1", "#2" + good[2:]):
        cases.append({"name": "refused", "in": {"link_text": text}, "out": {"refused": True}})
    for flags0, label in ((2, "plain"), (3, "password"), (0, "standard")):
        r = some(f"r {label}", 32)
        big_r = room.secret(HOST_PK, r, flags0)
        salt = some(f"box salt {label}", 16)
        box = room.seal_room_box(big_r, salt, HOST_PK, r, flags0)
        cases.append(
            {
                "name": f"room, {label}",
                "in": {"host_seed": HOST_SEED, "r": r, "flags0": flags0, "salt": salt},
                "out": {
                    "host_pk": HOST_PK,
                    "room": ROOM,
                    "R": big_r,
                    "room_id": room.room_id(big_r),
                    "k_link": room.link_key(big_r, ROOM),
                    "room_box": box,
                    "box_sig": room.sign_room_box(HOST_SEED, big_r, box),
                    "link_text": room.link("room", big_r),
                    "host_link_text": room.link("host", HOST_SEED + big_r),
                },
            }
        )
    other = room.seal_room_box(R, some("other salt", 16), HOST_PK, some("other r", 32), 2)
    cases.append({"name": "box refused", "in": {"R": R, "room_box": other, "box_sig": room.sign_room_box(HOST_SEED, R, other)}, "out": {"refused": True}})
    cases.append({"name": "named room", "in": {"name_text": "book-club"}, "out": {"room": NAMED, "room_id": room.name_id(NAMED)}})
    return cases


def person(label, place=ROOM):
    """A core with its private halves."""
    ephemeral, spk_seed = some(f"{label} epk", 32), some(f"{label} spk", 32)
    data, signature = room.core(place, x25519_public(ephemeral), spk_seed, some(f"{label} fp", 32), some(f"{label} rnd", 16), 0)
    return {"ephemeral": ephemeral, "spk_seed": spk_seed, "core": data, "core_sig": signature, "hid": room.hid(place, data)}


def cores():
    cases = []
    for label, place in (("ana", ROOM), ("ben", ROOM), ("ana", NAMED)):
        one = person(label, place)
        given = {"room": place, "ephemeral": one["ephemeral"], "spk_seed": one["spk_seed"], "fp": some(f"{label} fp", 32), "rnd": some(f"{label} rnd", 16), "caps": 0}
        out = {name: one[name] for name in ("core", "core_sig", "hid")} | {"pid": one["hid"][:8]}
        cases.append({"name": f"core of {label}", "in": given, "out": out})
    for place in (ROOM, NAMED):
        ana = person("ana", place)
        cases.append(
            {
                "name": "host-in",
                "in": {"host_seed": HOST_SEED, "room": place, "hid": ana["hid"]},
                "out": {"right": room.host_in(HOST_SEED, place, ana["hid"])},
            }
        )
    ana = person("ana")
    session = some("session", 16)
    join_sig = room.join(ROOM, session, ana["spk_seed"], ana["core"])
    given = {"room": ROOM, "session": session, "spk_seed": ana["spk_seed"], "core": ana["core"]}
    cases.append({"name": "join", "in": given, "out": {"join_sig": join_sig, "pid": ana["hid"][:8]}})
    ben = person("ben")
    for name, place, where, data in (
        ("another session", ROOM, some("session 2", 16), ana["core"]),
        ("another room", NAMED, session, ana["core"]),
        ("another person's core", ROOM, session, ben["core"]),
    ):
        given = {"room": place, "session": where, "core": data, "join_sig": join_sig}
        cases.append({"name": f"join refused, {name}", "in": given, "out": {"refused": True}})
    given = {"room": ROOM, "session": session, "core": ana["core"], "join_sig": ana["core_sig"]}
    cases.append({"name": "join refused, the core's own signature", "in": given, "out": {"refused": True}})
    for name, place, data, signature in (
        ("of another room", NAMED, ana["core"], ana["core_sig"]),
        ("version 2", ROOM, b"\x02" + ana["core"][1:], sign(ana["spk_seed"], lv("parlour/1 core", ROOM, b"\x02" + ana["core"][1:]))),
        ("a byte more", ROOM, ana["core"] + b"\0", sign(ana["spk_seed"], lv("parlour/1 core", ROOM, ana["core"] + b"\0"))),
        ("a bit changed", ROOM, ana["core"][:-1] + b"\x01", ana["core_sig"]),
    ):
        cases.append({"name": f"refused, {name}", "in": {"room": place, "core": data, "core_sig": signature}, "out": {"refused": True}})
    return cases


def pairs():
    return pairs_in(ROOM, "", room.link_key(R, ROOM), room.room_id(R)) + pairs_in(NAMED, ", named room", b"", b"")


def pairs_in(place, label, k_link, room_id):
    cases = []
    ana, ben = person("ana", place), person("ben", place)
    right_ana, right_ben = (room.host_in(HOST_SEED, place, one["hid"]) for one in (ana, ben))
    for how, x, right_i, right_r, y, psk in (
        (0, b"", b"", right_ben, b"", b""),
        (1, u32(65536 + 77), b"", b"", some("y", 32), some("psk", 32)),
        (2, b"", right_ana, b"", b"", b""),
        (3, b"", b"", right_ben, b"", b""),
        (4, some("inv_id", 12), b"", right_ben, b"", some("ipsk", 32)),
    ):
        arg = lv(room_id, x, right_i)
        pn_i, pn_r = some(f"pn i {how}", 16), some(f"pn r {how}", 16)
        T = pair.transcript(place, how, arg, ana["core"], pn_i, ben["core"], pn_r, right_r, y)
        keys = pair.keys(T, ana["ephemeral"], ben["core"][1:33], k_link, psk)
        assert keys == pair.keys(T, ben["ephemeral"], ana["core"][1:33], k_link, psk)
        lengths = ["", "x", "é" * 126, "y" * 252, "z" * 253] if place == ROOM else [""]
        texts = {0: lengths, 1: ["{}"]}.get(how, ["hello"])
        frames = []
        for n, text in enumerate(texts, 1):
            made = pair.frame(keys["seal_I"], T, ana["hid"][:8], ben["hid"][:8], n, text)
            frames.append({"n": n, "plain_text": text, "k_text": made["k"], "c_text": made["c"]})
        cases.append(
            {
                "name": f"how {how}{label}",
                "in": {
                    "room": place, "how": how, "arg": arg, "core_i": ana["core"], "pn_i": pn_i, "core_r": ben["core"], "pn_r": pn_r,
                    "right_r": right_r, "y": y, "ephemeral_i": ana["ephemeral"], "ephemeral_r": ben["ephemeral"], "k_link": k_link, "psk": psk,
                },
                "out": {"T": T, **keys, "conf_mac_I": pair.conf(keys["conf_I"], T), "conf_mac_R": pair.conf(keys["conf_R"], T), "frames": frames},
            }
        )
    return cases


def proofs():
    cases = []
    for gen in (1, 2**32 - 1):
        given = {"T": some("T", 32), "conf": some("conf", 32), "gen": gen, "fp_x": some("fp x", 32), "fp_other": some("fp y", 32)}
        cases.append({"name": f"gen {gen}", "in": given, "out": {"proof": pair.proof(given["conf"], given["T"], gen, given["fp_x"], given["fp_other"])}})
    return cases


def passwords():
    cases = []
    for text, place, pw in (("correct horse", ROOM, 65536 + 77), ("pässwörd ☂", NAMED, 2 * 65536)):
        cases.append({"name": "S", "in": {"password_text": text, "room": place, "pw": pw}, "out": {"S": password.stretch(text, place, pw)}})
    for typed, opaque in (("a\u00a0b\u3000c", "a b c"), ("Å", "\u00c5"), ("  Aa  ", "  Aa  "), ("🔑", "🔑")):
        cases.append({"name": "OpaqueString", "in": {"typed_text": typed}, "out": {"opaque_text": opaque}})
    for typed in ("", "tab\t", "line\n", "\u200bx", "\ue000", "x\u2028", "\u0378"):
        cases.append({"name": "OpaqueString refused", "in": {"typed_text": typed}, "out": {"refused": True}})
    inv, salt = some("inv", 16), some("inv salt", 16)
    for place, big_r in ((ROOM, R), (NAMED, bytes(16))):
        inv_id, ipsk, box = room.invitation(inv, place, big_r, "Ana’s guest", salt)
        cases.append({"name": "invitation", "in": {"inv": inv, "room": place, "R": big_r, "label_text": "Ana’s guest", "salt": salt}, "out": {"inv_id": inv_id, "ipsk": ipsk, "box": box}})
    pw = 65536 + 77
    pn_n, pn_g = some("pn n", 16), some("pn g", 16)
    for label, place, k_link in (("link room", ROOM, room.link_key(R, ROOM)), ("named room", NAMED, b"")):
        ana, ben = person("ana", place), person("ben", place)
        S = password.stretch("correct horse", place, pw)
        sid, ci = password.sid(pn_n, pn_g), password.context(place, pw, ben["hid"], ana["hid"])
        g = password.generator(S, ci, sid)
        scalar_n, scalar_g = some("scalar n", 32), some("scalar g", 32)
        y_n, y_g = password.share(scalar_n, g), password.share(scalar_g, g)
        K = password.share(scalar_n, y_g)
        assert K == password.share(scalar_g, y_n)
        out = password.outputs(sid, ci, K, x25519(ana["ephemeral"], ben["core"][1:33]), k_link, y_g, y_n, ben["core"], ana["core"])
        given = {
            "room": place, "pw": pw, "S": S, "pn_n": pn_n, "pn_g": pn_g, "core_n": ana["core"], "core_g": ben["core"],
            "ephemeral_n": ana["ephemeral"], "ephemeral_g": ben["ephemeral"], "k_link": k_link, "scalar_n": scalar_n, "scalar_g": scalar_g,
        }
        cases.append({"name": f"pake, {label}", "in": given, "out": {"sid": sid, "ci": ci, "g": g, "y_n": y_n, "y_g": y_g, "K": K, **out}})
    return cases


def codes():
    cases = []
    for people_, mode, place in ((2, "off", ROOM), (3, "standard", ROOM), (8, "off", ROOM), (3, "off", NAMED)):
        hids = [some(f"hid {i}", 32) for i in range(people_)]
        run = some(f"run {people_}", 16)
        view = sas.view(place, HOST_PK, mode, run, hids)
        ns = {hid: some(f"n {i} {people_}", 32) for i, hid in enumerate(hids)}
        code = sas.sas(view, ns)
        emoji, numbers = sas.readings(code)
        cases.append(
            {
                "name": f"{people_} pages",
                "in": {"room": place, "host_pk": HOST_PK, "mode_text": mode, "run": run, "hids": hids, "ns": [ns[hid] for hid in hids]},
                "out": {"view": view, "commits": [sas.commitment(view, hid, ns[hid]) for hid in hids], "sas": code, "emoji": emoji, "numbers": numbers},
            }
        )
    for code in (bytes(6), b"\xff" * 6, some("sas", 6)):
        emoji, numbers = sas.readings(code)
        cases.append({"name": "readings", "in": {"sas": code}, "out": {"emoji": emoji, "numbers": numbers}})
    return cases


def blobs():
    cases = []
    for place, label in ((ROOM, "link room"), (NAMED, "named room")):
        for length in (0, 6, 252, 253, 5000):
            key, salt, text = some(f"ck {label}", 32), some(f"blob salt {length}", 16), some(f"blob {length}", length)
            digest = H(b"rules of " + label.encode())
            j = blob.number(digest)
            blob_id = u32(j) + some(f"blob id {length}", 12)
            given = {"room": place, "digest": digest, "key": key, "blob_id": blob_id, "salt": salt, "text": text}
            sealed = blob.seal_blob(key, place, j, blob_id, salt, text)
            cases.append({"name": f"blob of {length} bytes, {label}", "in": given, "out": {"j": j, "blob": sealed}})
    key, salt = some("ck", 32), some("blob salt", 16)
    j = blob.number(H(b"rules"))
    blob_id = u32(j) + some("blob id", 12)
    good = blob.seal_blob(key, ROOM, j, blob_id, salt, b"kept")
    other = u32(j) + some("blob id 2", 12)
    foreign = u32(j + 1) + blob_id[4:]

    def padded(text):
        return salt + seal(kdf(key, salt, "blob", blob_id, 32), bytes(12), blob.aad(ROOM, j, blob_id), text)

    for name, place, number, where, what, data in (
        ("under another id", ROOM, j, other, key, good),
        ("of another room", NAMED, j, blob_id, key, good),
        ("of other rules", ROOM, j + 1, foreign, key, good),
        ("whose id names other rules", ROOM, j, foreign, key, good),
        ("under another key of the same rules", ROOM, j, blob_id, some("ck 2", 32), good),
        ("with another salt", ROOM, j, blob_id, key, some("blob salt 2", 16) + good[16:]),
        ("cut short", ROOM, j, blob_id, key, good[:-1]),
        ("with a bit changed", ROOM, j, blob_id, key, good[:-1] + bytes([good[-1] ^ 1])),
        ("of nothing", ROOM, j, blob_id, key, b""),
        ("with a length beyond its padding", ROOM, j, blob_id, key, padded(u32(253) + bytes(252))),
        ("with too much padding", ROOM, j, blob_id, key, padded(u32(4) + b"kept" + bytes(504))),
        ("with something in the padding", ROOM, j, blob_id, key, padded(u32(4) + b"kept" + bytes(247) + b"x")),
    ):
        given = {"room": place, "j": number, "key": what, "blob_id": where, "blob": data}
        cases.append({"name": f"refused, {name}", "in": given, "out": {"refused": True}})
    return cases


def pieces():
    cases = []
    file_key, salt = some("fk", 32), some("piece salt", 16)
    for place, index, length in ((ROOM, 0, 252), (ROOM, 1, 252), (NAMED, 0, 1), (ROOM, 255, 3000)):
        data = some(f"piece {length}", length)
        out = {"number": blob.file_number(file_key), "blob_id": blob.piece_id(file_key, index), "blob": blob.seal_piece(file_key, place, index, salt, data)}
        cases.append({"name": f"piece {index} of {length} bytes", "in": {"room": place, "key": file_key, "index": index, "salt": salt, "data": data}, "out": out})
    good = blob.seal_piece(file_key, ROOM, 1, salt, b"second")
    for name, place, index, key, data in (
        ("in the place of another", ROOM, 0, file_key, good),
        ("of another file", ROOM, 1, some("fk 2", 32), good),
        ("of another room", NAMED, 1, file_key, good),
        ("cut short", ROOM, 1, file_key, good[:-1]),
        ("with a bit changed", ROOM, 1, file_key, bytes([good[0] ^ 1]) + good[1:]),
    ):
        cases.append({"name": f"refused, {name}", "in": {"room": place, "key": key, "index": index, "blob": data}, "out": {"refused": True}})
    return cases


FILES = {
    "0-notation": notation,
    "1-links": links,
    "2-states": vectors_state.states,
    "2-merge": vectors_state.merges,
    "3-cores": cores,
    "4-pair": pairs,
    "6-proof": proofs,
    "7-password": passwords,
    "8-code": codes,
    "9-blob": blobs,
    "9-piece": pieces,
}


def printable(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: printable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable(item) for item in value]
    return value


def render(name):
    return json.dumps({"protocol": "Parlour Seal 1", "cases": printable(FILES[name]())}, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in FILES:
        (FOLDER / f"{file}.json").write_text(render(file), encoding="utf-8")
