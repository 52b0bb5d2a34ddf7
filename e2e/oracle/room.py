"""Sections 1, 3 and 7 (invitations): links, boxes, cores."""

from notation import H, Refused, ed25519_public, kdf, lv, seal, sign, u8, u32, unseal, verify

LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
IV_ZERO = bytes(12)


def base32(data):
    """By way of one big integer: padding bits are zeros below it."""
    bits = len(data) * 8
    count = -(-bits // 5)
    value = int.from_bytes(data, "big") << (count * 5 - bits)
    return "".join(LETTERS[(value >> (5 * (count - 1 - i))) & 31] for i in range(count))


def check_letters(data):
    first = int.from_bytes(H(b"parlour/1 check" + data)[:2], "big") >> 6
    return LETTERS[first >> 5] + LETTERS[first & 31]


def link(kind, data):
    return "#1" + {"room": "", "invitation": "i", "host": "h"}[kind] + base32(data) + check_letters(data)


def read_link(text):
    """Only what the alphabet can mean; the forgiving part is the page's."""
    letters = text.removeprefix("#").lower().replace("i", "1").replace("l", "1").replace("o", "0")
    kinds = {29: ("room", 1, 16), 30: ("invitation", 2, 16), 81: ("host", 2, 48)}
    kind, skip, length = kinds.get(len(letters), (None, 0, 0))
    prefix = {"room": "1", "invitation": "11", "host": "1h"}.get(kind)
    if kind is None or not letters.startswith(prefix) or any(c not in LETTERS for c in letters):
        raise Refused("damaged")
    body, check = letters[skip:-2], letters[-2:]
    value = 0
    for letter in body:
        value = value * 32 + LETTERS.index(letter)
    spare = len(body) * 5 - length * 8
    if value & ((1 << spare) - 1):
        raise Refused("damaged")
    data = (value >> spare).to_bytes(length, "big")
    if check_letters(data) != check:
        raise Refused("damaged")
    return kind, data


def link_room(host_pk):
    return b"\x01" + H(host_pk)


def named_room(name):
    return b"\x02" + name.encode()


def name_id(room):
    """Under which id a server knows a named room."""
    return H(lv("parlour/1 name", room))[:12]


def secret(host_pk, r, flags0):
    return H(lv("parlour/1 room", host_pk, r, u8(flags0)))[:16]


def room_id(R):
    return kdf(R, b"", "room-id", b"", 12)


def link_key(R, room):
    return kdf(R, b"", "link", room, 32)


def seal_room_box(R, salt, host_pk, r, flags0):
    return salt + seal(kdf(R, salt, "room-box", b"", 32), IV_ZERO, room_id(R), host_pk + r + u8(flags0))


def open_room_box(R, box, box_sig):
    plain = unseal(kdf(R, box[:16], "room-box", b"", 32), IV_ZERO, room_id(R), box[16:])
    if len(plain) != 65:
        raise Refused("box")
    host_pk, r, flags0 = plain[:32], plain[32:64], plain[64]
    if secret(host_pk, r, flags0) != R or flags0 > 3:
        raise Refused("box")
    if not verify(host_pk, box_sig, lv("parlour/1 room-box", room_id(R), box)):
        raise Refused("box")
    return host_pk, r, flags0


def sign_room_box(seed, R, box):
    return sign(seed, lv("parlour/1 room-box", room_id(R), box))


def core(room, epk, spk_seed, fp, rnd, caps):
    data = u8(1) + epk + ed25519_public(spk_seed) + fp + rnd + u32(caps)
    return data, sign(spk_seed, lv("parlour/1 core", room, data))


def read_core(room, data, signature):
    if len(data) != 117 or data[0] != 1:
        raise Refused("core")
    spk = data[33:65]
    if not verify(spk, signature, lv("parlour/1 core", room, data)):
        raise Refused("core")
    return {"epk": data[1:33], "spk": spk, "fp": data[65:97], "rnd": data[97:113], "hid": hid(room, data)}


def hid(room, data):
    return H(lv("parlour/1 id", room, data))


def join(room, session, spk_seed, data):
    """What the server is shown by whoever joins with a core: signed for one session with it."""
    return sign(spk_seed, lv("parlour/1 join", room, session, data))


def read_join(room, session, data, signature):
    if len(data) != 117 or data[0] != 1 or not verify(data[33:65], signature, lv("parlour/1 join", room, session, data)):
        raise Refused("join")
    return hid(room, data)[:8]


def host_in(seed, room, page):
    return sign(seed, lv("parlour/1 host-in", room, page))


def invitation(inv, room, R, label, salt):
    inv_id = kdf(inv, b"", "inv-id", b"", 12)
    box = salt + seal(kdf(inv, salt, "inv-box", b"", 32), IV_ZERO, lv("parlour/1 inv", inv_id), lv(R, label))
    return inv_id, kdf(inv, b"", "inv-psk", room, 32), box

