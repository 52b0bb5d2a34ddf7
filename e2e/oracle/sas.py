"""Section 8: view, commitments and the code."""

from notation import H, kdf, lv, u8


def view(room, host_pk, mode, run, hids):
    return H(lv("parlour/1 view", room, host_pk, u8(1 if mode == "off" else 0), run, sorted(hids)))


def commitment(view_, hid, n):
    return H(lv("parlour/1 sas-commit", view_, hid, n))


def sas(view_, by_hid):
    return kdf(lv([by_hid[hid] for hid in sorted(by_hid)]), view_, "sas", b"", 6)


def readings(code):
    bits = "".join(f"{byte:08b}" for byte in code)
    emoji = [int(bits[i : i + 6], 2) for i in range(0, 36, 6)]
    numbers = [int(bits[i : i + 13], 2) + 1000 for i in range(0, 39, 13)]
    return emoji, numbers
