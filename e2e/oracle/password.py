"""Section 7: S, CPace-X25519-SHA512 (draft-irtf-cfrg-cpace-21), confirmation and psk."""

import hashlib

from notation import H, hmac, kdf, lv, u32, x25519

P = 2**255 - 19
A = 486662


def stretch(password, room, pw):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), lv("parlour/1 pw", room, u32(pw)), 600000, 32)


def leb128(value):
    out = bytearray()
    while True:
        if value < 128:
            return bytes(out) + bytes([value])
        out.append(value % 128 + 128)
        value //= 128


def lv_cat(*items):
    return b"".join(leb128(len(item)) + item for item in items)


def generator_string(prs, ci, sid):
    zeros = max(0, 128 - 1 - len(lv_cat(prs)) - len(lv_cat(b"CPace255")))
    return lv_cat(b"CPace255", prs, bytes(zeros), ci, sid)


def elligator2(data):
    """By way of Legendre symbols and the general formula, with every case of RFC 9380 §6.7.1."""
    u = (int.from_bytes(data, "little") & (2**255 - 1)) % P
    below = (1 + 2 * u * u) % P
    x1 = -A % P if below == 0 else -A * pow(below, -1, P) % P
    gx1 = (x1**3 + A * x1**2 + x1) % P
    x = x1 if gx1 == 0 or pow(gx1, (P - 1) // 2, P) == 1 else (-x1 - A) % P
    return x.to_bytes(32, "little")


def generator(prs, ci, sid):
    return elligator2(hashlib.sha512(generator_string(prs, ci, sid)).digest()[:32])


def session_key(sid, K, Ya, ADa, Yb, ADb):
    return hashlib.sha512(lv_cat(b"CPace255_ISK", sid, K) + lv_cat(Ya, ADa) + lv_cat(Yb, ADb)).digest()


def sid(pn_n, pn_g):
    return H(lv("parlour/1 pake-sid", pn_n, pn_g))


def context(room, pw, hid_g, hid_n):
    return lv("parlour/1 pake", room, u32(pw), hid_g, hid_n)


def outputs(sid_, ci, K, z, k_link, y_g, y_n, core_g, core_n):
    """ISK, tr, both tags, psk, from G's or N's point of view alike."""
    isk = session_key(sid_, K, y_g, core_g, y_n, core_n)
    tr = H(lv("parlour/1 pake-tr", sid_, ci, y_g, y_n, core_g, core_n))
    out = kdf(lv(isk, z, k_link), sid_, "pake-out", tr, 96)
    return {"isk": isk, "tr": tr, "tag_n": hmac(out[:32], tr), "tag_g": hmac(out[32:64], tr), "psk": out[64:]}


def share(scalar, point):
    return x25519(scalar, point)
