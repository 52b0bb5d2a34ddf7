"""Section 2: the canonical text of states, domination, and the strictest of several.

The text is read by a grammar written out as a regular expression, not by a JSON parser: what the page's code accepts
by parsing and printing again must be exactly what this accepts by form.
"""

import re

from notation import H, Refused, b64, lv, sign, unb64, verify

INT = r"(?:0|[1-9][0-9]{0,15})"
KEY = r'"[A-Za-z0-9_-]{43}"'
LIST = rf"\[(?:{KEY}(?:,{KEY})*)?\]"
RULES = re.compile(
    r'\{"clock":\{(?P<clock>"h[0-9a-f]{8}":' + INT + r'(?:,"h[0-9a-f]{8}":' + INT + r")*)\}"
    rf',"host":(?P<host>{KEY})'
    r',"mode":"(?P<mode>off|standard)"'
    r',"door":"(?P<door>open|knock|invite|locked)"'
    rf',"cap":(?P<cap>{INT}),"pw":(?P<pw>{INT})'
    r'(?:,"link":\{"n":(?P<n>' + INT + r'),"id":"(?P<id>[A-Za-z0-9_-]{16})"\})?'
    rf',"members":(?P<members>{LIST}),"removed":(?P<removed>{LIST})'
    rf'(?:,"ends":(?P<ends>{INT}))?(?P<over>,"over":true)?\}}',
    re.ASCII,
)
STATE = re.compile(
    r'\{"v":1,"room":"(?P<room>[A-Za-z0-9_-]+)","rules":"(?P<rules>(?:[^"\\\x00-\x1f]|\\")*)","until":(?P<until>' + INT + r")\}",
    re.ASCII,
)
DOORS = ["open", "knock", "invite", "locked"]
LARGEST = 2**53 - 1


def number(text, least, most):
    value = int(text)
    if not least <= value <= most:
        raise Refused("integer")
    return value


def sorted_once(items):
    if items != sorted(set(items)):
        raise Refused("order")
    return items


def keys(text, most):
    items = sorted_once(re.findall(r'"([^"]*)"', text))
    if most is not None and len(items) > most:
        raise Refused("too many")
    for item in items:
        unb64(item, 32)
    return items


def parse_rules(text):
    match = RULES.fullmatch(text)
    if match is None:
        raise Refused("form")
    pairs = re.findall(r'"(h[0-9a-f]{8})":([0-9]+)', match["clock"])
    sorted_once([page for page, _ in pairs])
    if len(pairs) > 64:
        raise Refused("clock")
    unb64(match["host"].strip('"'), 32)
    rules = {
        "clock": {page: number(count, 1, LARGEST) for page, count in pairs},
        "host": match["host"].strip('"'),
        "mode": match["mode"],
        "door": match["door"],
        "cap": number(match["cap"], 1, 64),
        "pw": number(match["pw"], 0, 2**32 - 1),
        "members": keys(match["members"], 64),
        "removed": keys(match["removed"], None),
    }
    if match["id"] is not None:
        unb64(match["id"], 12)
        rules["link"] = (number(match["n"], 1, LARGEST), match["id"])
    if match["ends"] is not None:
        rules["ends"] = number(match["ends"], 0, LARGEST)
    if match["over"] is not None:
        rules["over"] = True
    if set(rules["members"]) & set(rules["removed"]):
        raise Refused("member and removed")
    return rules


def write_rules(rules):
    """The canonical text, put together by hand."""

    def listed(items):
        return "[" + ",".join(f'"{item}"' for item in items) + "]"

    clock = ",".join(f'"{page}":{rules["clock"][page]}' for page in sorted(rules["clock"]))
    out = f'{{"clock":{{{clock}}},"host":"{rules["host"]}","mode":"{rules["mode"]}","door":"{rules["door"]}"'
    out += f',"cap":{rules["cap"]},"pw":{rules["pw"]}'
    if "link" in rules:
        out += f',"link":{{"n":{rules["link"][0]},"id":"{rules["link"][1]}"}}'
    out += f',"members":{listed(sorted(rules["members"]))},"removed":{listed(sorted(rules["removed"]))}'
    if "ends" in rules:
        out += f',"ends":{rules["ends"]}'
    return out + (',"over":true}' if rules.get("over") else "}")


def write_state(room, rules_text, until):
    quoted = rules_text.replace('"', '\\"')
    return f'{{"v":1,"room":"{b64(room)}","rules":"{quoted}","until":{until}}}'


def sign_state(seed, json):
    return sign(seed, lv("parlour/1 state", json))


def read_state(json, signature, room, host_pk, flags0=None, mode=None):
    if len(json.encode()) > 8192:
        raise Refused("too long")
    if not verify(host_pk, signature, lv("parlour/1 state", json)):
        raise Refused("signature")
    match = STATE.fullmatch(json)
    if match is None:
        raise Refused("form")
    text = match["rules"].replace('\\"', '"')
    rules = parse_rules(text)
    if unb64(match["room"]) != room or rules["host"] != b64(host_pk):
        raise Refused("another room or host")
    if (room[0] == 1) != ("link" in rules):
        raise Refused("link")
    if mode is not None and rules["mode"] != mode:
        raise Refused("mode")
    if flags0 is not None:
        if (rules["mode"] == "off") != bool(flags0 & 2):
            raise Refused("mode")
        if flags0 & 1 and rules["pw"] == 0:
            raise Refused("pw")
    return {"text": text, "rules": rules, "until": number(match["until"], 0, LARGEST), "digest": H(text.encode())}


def dominates(a, b):
    pages = set(a["clock"]) | set(b["clock"])
    pairs = [(a["clock"].get(page, 0), b["clock"].get(page, 0)) for page in pages]
    return all(x >= y for x, y in pairs) and any(x > y for x, y in pairs)


def superseded(state, others):
    if state["rules"].get("over"):
        others = [other for other in others if other["rules"].get("over")]
    return any(dominates(other["rules"], state["rules"]) for other in others)


def settle(states):
    """What a page holds after all of `states`: the kept ones, greatest H(rules) first, and what holds."""
    latest = {}
    for state in states:
        if state["text"] not in latest or latest[state["text"]]["until"] < state["until"]:
            latest[state["text"]] = state
    kept = [state for state in latest.values() if not superseded(state, latest.values())]
    kept.sort(key=lambda state: state["digest"], reverse=True)
    kept = kept[:16]
    lived = kept[:4]
    rules = strictest([state["rules"] for state in lived])
    rules["removed"] = sorted({spk for state in kept for spk in state["rules"]["removed"]})
    rules["members"] = sorted(set(rules["members"]) - set(rules["removed"]))
    if any(state["rules"].get("over") for state in kept):
        rules["over"] = True
    return kept, rules, max(state["until"] for state in lived)


def strictest(all_rules):
    first = all_rules[0]
    merged = {
        "clock": {page: max(rules["clock"].get(page, 0) for rules in all_rules) for rules in all_rules for page in rules["clock"]},
        "host": first["host"],
        "mode": first["mode"],
        "door": DOORS[max(DOORS.index(rules["door"]) for rules in all_rules)],
        "cap": min(rules["cap"] for rules in all_rules),
        "pw": max(rules["pw"] for rules in all_rules),
        "removed": sorted(set().union(*(rules["removed"] for rules in all_rules))),
        "members": sorted(set.intersection(*(set(rules["members"]) for rules in all_rules))),
    }
    links = [rules["link"] for rules in all_rules if "link" in rules]
    if links:
        merged["link"] = max(links)
    ends = [rules["ends"] for rules in all_rules if "ends" in rules]
    if ends:
        merged["ends"] = min(ends)
    if any(rules.get("over") for rules in all_rules):
        merged["over"] = True
    return merged
