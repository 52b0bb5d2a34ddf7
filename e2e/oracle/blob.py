"""Section 9 of Parlour Seal 1: blobs of rooms in standard mode, with padding and pieces of files as in docs/seal-notes-content.md."""

from notation import Refused, kdf, lv, seal, u32, unseal


def number(digest):
    """j: the first four bytes of H(rules)."""
    return int.from_bytes(digest[:4], "big")


def pad(data):
    total = 256
    while total < len(data) + 4:
        total *= 2
    return (u32(len(data)) + data).ljust(total, b"\0")


def unpad(padded):
    length = int.from_bytes(padded[:4], "big")
    if len(padded) < 256 or length > len(padded) - 4 or pad(padded[4 : 4 + length]) != padded:
        raise Refused("padding")
    return padded[4 : 4 + length]


def aad(room, j, blob_id):
    return lv("parlour/1 blob", room, u32(j), blob_id)


def seal_blob(key, room, j, blob_id, salt, text):
    if blob_id[:4] != u32(j) or len(blob_id) != 16:
        raise Refused("id")
    return salt + seal(kdf(key, salt, "blob", blob_id, 32), bytes(12), aad(room, j, blob_id), pad(text))


def open_blob(key, room, j, blob_id, blob):
    if blob_id[:4] != u32(j) or len(blob_id) != 16 or len(blob) < 16 + 256 + 16:
        raise Refused("form")
    return unpad(unseal(kdf(key, blob[:16], "blob", blob_id, 32), bytes(12), aad(room, j, blob_id), blob[16:]))


def file_number(file_key):
    return int.from_bytes(kdf(file_key, b"", "file", b"", 4), "big")


def piece_id(file_key, index):
    return u32(file_number(file_key)) + kdf(file_key, b"", "piece", u32(index), 12)


def seal_piece(file_key, room, index, salt, data):
    return seal_blob(file_key, room, file_number(file_key), piece_id(file_key, index), salt, data)


def open_piece(file_key, room, index, blob):
    return open_blob(file_key, room, file_number(file_key), piece_id(file_key, index), blob)
