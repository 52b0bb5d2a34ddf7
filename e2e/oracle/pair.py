"""Sections 4 and 6: the transcript, pair keys, confirmation, frames, the proof inside DTLS."""

from notation import H, Refused, b64, hmac, kdf, lv, seal, u8, u32, u64, unseal, x25519


def transcript(room, how, arg, core_i, pn_i, core_r, pn_r, right_r, y):
    return H(lv("parlour/1 pair", room, u8(how), arg, core_i, pn_i, core_r, pn_r, right_r, y))


def keys(T, own_private, other_public, k_link, psk):
    ikm = lv(x25519(own_private, other_public), k_link, psk)
    return {
        f"{name}_{side}": kdf(ikm, T, label, side, 32)
        for name, label in (("seal", "seal"), ("conf", "confirm"))
        for side in ("I", "R")
    }


def conf(key, T):
    return hmac(key, lv("parlour/1 conf", T))


def pad(data):
    total = 256
    while total < 4 + len(data):
        total *= 2
    return (u32(len(data)) + data).ljust(total, b"\0")


def unpad(padded):
    length = int.from_bytes(padded[:4], "big")
    data = padded[4 : 4 + length]
    if len(data) != length or pad(data) != padded:
        raise Refused("padding")
    return data


def frame(key, T, pid_from, pid_to, n, text):
    aad = lv("parlour/1 sealed", T, pid_from, pid_to, u64(n))
    return {"k": b64(T[:8]), "n": n, "c": b64(seal(key, bytes(4) + u64(n), aad, pad(text.encode())))}


def open_frame(key, T, pid_from, pid_to, n, sealed):
    aad = lv("parlour/1 sealed", T, pid_from, pid_to, u64(n))
    return unpad(unseal(key, bytes(4) + u64(n), aad, sealed)).decode()


def proof(conf_key, T, gen, fp_x, fp_other):
    return lv(T, hmac(conf_key, lv("parlour/1 dtls", T, u32(gen), fp_x, fp_other)))
