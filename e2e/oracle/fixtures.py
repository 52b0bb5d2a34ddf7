"""What all vectors are about: one host, one link room, one named room, made of labels and not of chance."""

import hashlib

import room
from notation import ed25519_public


def some(label, n):
    """n bytes that belong to a label."""
    return hashlib.shake_256(b"parlour vectors " + label.encode()).digest(n)


HOST_SEED = some("host seed", 32)
HOST_PK = ed25519_public(HOST_SEED)
R_RANDOM = some("r", 32)
FLAGS0 = 2
R = room.secret(HOST_PK, R_RANDOM, FLAGS0)
ROOM = room.link_room(HOST_PK)
NAMED = room.named_room("book-club")
