"""Section 0 of Parlour Seal 1: integers, lists, base64url, H, KDF, HMAC, AES-GCM, X25519, Ed25519.

Written from the protocol page for the oracle; not constant time and not for use with secrets that matter.
"""

import base64
import hashlib
import hmac as hmac_module

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Refused(Exception):
    """What the protocol refuses."""


def u8(value):
    return value.to_bytes(1, "big")


def u32(value):
    return value.to_bytes(4, "big")


def u64(value):
    return value.to_bytes(8, "big")


def lv(*items):
    out = bytearray()
    for item in items:
        if isinstance(item, (list, tuple)):
            out += lv(*item)
            continue
        data = item.encode() if isinstance(item, str) else bytes(item)
        out += u32(len(data)) + data
    return bytes(out)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text, length=None):
    """The one spelling of some bytes; every other is refused."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, TypeError) as error:
        raise Refused("base64url") from error
    if b64(data) != text or (length is not None and len(data) != length):
        raise Refused("base64url")
    return data


def H(data):
    return hashlib.sha256(data).digest()


def kdf(ikm, salt, label, ctx, n):
    return HKDF(algorithm=hashes.SHA256(), length=n, salt=salt, info=lv("parlour/1 " + label, ctx)).derive(ikm)


def hmac(key, data):
    return hmac_module.new(key, data, hashlib.sha256).digest()


def seal(key, iv, aad, plain):
    return AESGCM(key).encrypt(iv, plain, aad)


def unseal(key, iv, aad, sealed):
    try:
        return AESGCM(key).decrypt(iv, sealed, aad)
    except InvalidTag as error:
        raise Refused("does not open") from error


RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def x25519_public(private):
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes(*RAW)


def x25519(private, public):
    try:
        return X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise Refused("bad-key") from error


def ed25519_public(seed):
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(*RAW)


def sign(seed, message):
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verify(public, signature, message):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
