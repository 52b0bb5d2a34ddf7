//! How bytes are written down: base64url in messages, `lv` in what is hashed and signed (seal, section 0).
//!
//! Meaning is given elsewhere; here are only the spellings, each with exactly one form per value.

use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use sha2::{Digest as _, Sha256};

/// Unpadded base64url.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads unpadded base64url; `None` for every other spelling: padding, foreign letters, bits left over at the end.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The same into `bytes`, which must have room for whole threes of bytes; how many there are.
pub(crate) fn decode_into(text: &str, bytes: &mut [u8]) -> Option<usize> {
    URL_SAFE_NO_PAD.decode_slice(text, bytes).ok()
}

/// `lv(a, b, …)`: each item as a 32-bit big-endian length and its bytes, so that no two lists look alike.
///
/// # Panics
/// If an item is 4 GiB or longer; everything here is bounded by the length of a frame.
pub(crate) fn lv(items: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(items.iter().map(|item| item.len() + 4).sum());
    for item in items {
        let length = u32::try_from(item.len()).expect("items come out of one frame");
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(item);
    }
    out
}

/// `H`: SHA-256.
pub(crate) fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A struct inside a message, as the object that it is: serde would also take a list of its values.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        from.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

/// Reads a field that is a list of [`Object`]s.
pub(crate) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let objects = Vec::<Object<T>>::deserialize(from)?;
    Ok(objects.into_iter().map(|Object(value)| value).collect())
}

/// Reads a field that is an [`Object`], or null.
pub(crate) fn maybe_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(from)?.map(|Object(value)| value))
}

/// Whether a text that is to be read as a struct is an object.
pub(crate) fn is_object(json: &str) -> bool {
    json.trim_start().starts_with('{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_spelling() {
        assert_eq!(decode("AQ"), Some(vec![1]));
        for other in ["AQ==", "AR", "A", "A Q", "+w", "/w"] {
            assert_eq!(decode(other), None, "{other}");
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn lists_that_differ_only_in_their_borders_differ() {
        assert_ne!(lv(&[b"ab", b"c"]), lv(&[b"a", b"bc"]));
        assert_eq!(lv(&[b"ab"]), [0, 0, 0, 2, b'a', b'b']);
    }
}
