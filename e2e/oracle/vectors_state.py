"""Test vectors of section 2: which texts are states, and what several of them mean together."""

import random

import room
import state
from fixtures import FLAGS0, HOST_PK, HOST_SEED, NAMED, ROOM, R, some
from notation import H, Refused, b64, lv, sign


def people(n):
    return sorted(b64(some(f"person {i}", 32)) for i in range(n))


def base_rules():
    return {
        "clock": {"h9f3a1c02": 7},
        "host": b64(HOST_PK),
        "mode": "off",
        "door": "knock",
        "cap": 8,
        "pw": 0,
        "link": (1, b64(room.room_id(R))),
        "members": people(2),
        "removed": [],
    }


def state_case(name, json_text, place=ROOM, flags0=FLAGS0, signature=None):
    signature = signature or state.sign_state(HOST_SEED, json_text)
    try:
        read = state.read_state(json_text, signature, place, HOST_PK, flags0)
        out = {"rules_text": read["text"], "until": read["until"], "digest": read["digest"]}
    except Refused:
        out = {"refused": True}
    pins = {"room": place, "host_pk": HOST_PK} | ({"flags0": flags0} if flags0 is not None else {})
    return {"name": name, "in": pins | {"json_text": json_text, "sig": signature}, "out": out}


def states():
    until = 1795276800
    text = state.write_rules(base_rules())
    good = state.write_state(ROOM, text, until)
    cases = [state_case("as in the page", good)]

    def change(name, flags0=FLAGS0, place=ROOM, **fields):
        rules = base_rules() | fields
        for key in [key for key, value in rules.items() if value is None]:
            del rules[key]
        cases.append(state_case(name, state.write_state(place, state.write_rules(rules), until), place, flags0))

    change("everything in it", pw=65536 + 77, ends=until + 3600, over=True, removed=sorted(set(people(9)) - set(people(3))), members=people(3), clock={"h00000000": 1, "hffffffff": 2**53 - 1})
    change("named room", place=NAMED, flags0=None, link=None)
    change("named room with a password, standard", place=NAMED, flags0=None, link=None, pw=65536 + 77, mode="standard")
    change("named room with a link", place=NAMED, flags0=None)
    change("link room without one", link=None)
    change("standard against flags0", mode="standard")
    change("standard by flags0", mode="standard", flags0=0)
    change("pw 0 against flags0", flags0=3)
    change("pw by flags0", flags0=3, pw=65536)
    change("member and removed", removed=people(1))
    change("another host", host=people(1)[0])
    change("count 0", clock={"h9f3a1c02": 0})
    change("count 2^53", clock={"h9f3a1c02": 2**53})
    change("cap 0", cap=0)
    change("cap 65", cap=65)
    change("pw 2^32", pw=2**32)
    change("64 members", members=people(64))
    change("65 members", members=people(65))
    change("too long", removed=sorted(set(people(165)) - set(people(64))), members=people(64))
    change("just short enough", removed=sorted(set(people(164)) - set(people(64))), members=people(64))
    change("link.n 0", link=(0, b64(room.room_id(R))))
    swaps = [
        ("space", '"cap":8', '"cap": 8'),
        ("exponent", '"cap":8', '"cap":8e0'),
        ("fraction", '"cap":8', '"cap":8.0'),
        ("leading zero", '"cap":8', '"cap":08'),
        ("minus zero", '"pw":0', '"pw":-0'),
        ("text for a number", '"cap":8', '"cap":"8"'),
        ("a door that is none", '"knock"', '"ajar"'),
        ("escaped letter", '"knock"', '"\\u006bnock"'),
        ("order of keys", '"cap":8,"pw":0', '"pw":0,"cap":8'),
        ("doubled key", '"cap":8', '"cap":8,"cap":8'),
        ("unknown key", '"removed":[]', '"removed":[],"x":1'),
        ("over false", '"removed":[]', '"removed":[],"over":false'),
        ("no removed", ',"removed":[]', ""),
        ("clock unsorted", '{"h9f3a1c02":7}', '{"h9f3a1c02":7,"h00000000":1}'),
        ("clock name", "h9f3a1c02", "h9F3A1C02"),
        ("no clock", '{"h9f3a1c02":7}', "{}"),
        ("doubled member", f'"{people(2)[0]}"', f'"{people(2)[0]}","{people(2)[0]}"'),
        ("members unsorted", f'"{people(2)[0]}","{people(2)[1]}"', f'"{people(2)[1]}","{people(2)[0]}"'),
        ("other spelling of bytes", people(2)[1], people(2)[1][:-1] + chr(ord(people(2)[1][-1]) + 1)),
        ("padding", people(2)[1], people(2)[1] + "="),
    ]
    for name, before, after in swaps:
        assert before in text, name
        bent = text.replace(before, after, 1)
        quoted = bent.replace("\\", "\\\\")
        cases.append(state_case(f"rules: {name}", state.write_state(ROOM, quoted, until)))
    outer = [
        ("space", '"v":1', '"v": 1'),
        ("version", '"v":1', '"v":2'),
        ("key more", f'"until":{until}', f'"until":{until},"x":1'),
        ("until as text", f'"until":{until}', f'"until":"{until}"'),
        ("until too great", f'"until":{until}', '"until":9007199254740992'),
        ("escaped in room", '"room":"A', '"room":"\\u0041'),
        ("named room", b64(ROOM), b64(NAMED)),
        ("room of another", b64(ROOM), b64(room.link_room(some("x", 32)))),
        ("newline at the end", "}", "}"),
    ]
    for name, before, after in outer:
        bent = good.replace(before, after, 1) + ("\n" if name.startswith("newline") else "")
        cases.append(state_case(f"state: {name}", bent))
    cases.append(state_case("signature of another text", good, signature=state.sign_state(HOST_SEED, good + " ")))
    cases.append(state_case("signature of another key", good, signature=sign(some("another", 32), lv("parlour/1 state", good))))
    return cases


def merges():
    dice = random.Random(20261121)
    spks = people(7)
    ids = [b64(some(f"link {i}", 12)) for i in range(4)]

    def throw(clock, over=0.05):
        removed = sorted(spk for spk in spks if dice.random() < 0.15)
        rules = base_rules() | {
            "clock": clock,
            "door": dice.choice(state.DOORS),
            "cap": dice.randint(2, 16),
            "pw": dice.choice([0, 65536 + dice.randint(0, 65535), 131072 + dice.randint(0, 65535)]),
            "link": (dice.randint(1, 2), dice.choice(ids)),
            "removed": removed,
            "members": sorted(spk for spk in spks if spk not in removed and dice.random() < 0.8),
        }
        if dice.random() < 0.3:
            rules["ends"] = 1795276800 + dice.randint(0, 99)
        if dice.random() < over:
            rules["over"] = True
        return rules

    def clock():
        return {page: dice.randint(1, 3) for page in ("h00000001", "h00000002", "h00000003") if dice.random() < 0.7} or {"h00000001": 1}

    def case(name, all_rules):
        given = [{"rules_text": state.write_rules(rules), "until": 1795276800 + dice.randint(0, 9) * 3600} for rules in all_rules]
        read = [
            {"text": g["rules_text"], "rules": state.parse_rules(g["rules_text"]), "until": g["until"], "digest": H(g["rules_text"].encode())} for g in given
        ]
        kept, rules, until = state.settle(read)
        return {"name": name, "in": {"states": given}, "out": {"kept": [one["digest"] for one in kept], "rules_text": state.write_rules(rules), "until": until}}

    cases = [case(f"{n} states", [throw(clock()) for _ in range(n)]) for n in (1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9)]
    twice = throw({"h00000001": 1})
    cases.append(case("same rules, other until", [twice, twice, throw({"h00000002": 1})]))
    cases.append(case("same clock, other rules", [throw({"h00000001": 1}, 0), throw({"h00000001": 1}, 0)]))
    cases.append(case("an end below", [throw({"h00000001": 1}, 1), throw({"h00000001": 2}, 0)]))
    cases.append(case("an end below an end", [throw({"h00000001": 1}, 1), throw({"h00000001": 2}, 1)]))
    cases.append(case("six apart", [throw({f"h0000001{i}": 1}, 0) for i in range(6)]))
    cases.append(case("sixteen apart", [throw({f"h000000{i:02x}": 1}, 0) for i in range(16)]))
    return cases
