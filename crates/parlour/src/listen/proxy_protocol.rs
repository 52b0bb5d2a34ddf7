//! The PROXY header, versions 1 and 2: a proxy's first bytes, which say who its client is.
//!
//! Read only from addresses that the operator trusts, and then always: a receiver must not guess whether there is
//! one. Exactly the header is taken from the stream; the `proxy-header` crate decodes it.

use std::io;
use std::net::SocketAddr;

use proxy_header::{ParseConfig, Protocol, ProxyHeader};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The signature of version 2, and the four bytes up to its length.
const V2_HEAD: usize = 16;
/// The specification's figure for the longest line of version 1.
const V1_LINE: usize = 107;
/// What load balancers add to the addresses is not for us.
const CONFIG: ParseConfig = ParseConfig {
    include_tlvs: false,
    allow_v1: true,
    allow_v2: true,
};
/// Addresses and a few of the extra fields that load balancers add.
const V2_REST: usize = 2048;

/// Reads the header. `None` if the proxy speaks for itself, as in its health checks.
///
/// # Errors
/// What the stream says, or [`io::ErrorKind::InvalidData`]; there is no way back then.
pub(super) async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Option<SocketAddr>> {
    let mut header = vec![stream.read_u8().await?];
    if header[0] == b'P' {
        // A byte at a time: what follows the line belongs to the client.
        while !header.ends_with(b"\r\n") {
            if header.len() == V1_LINE {
                return Err(invalid());
            }
            header.push(stream.read_u8().await?);
        }
    } else {
        header.resize(V2_HEAD, 0);
        stream.read_exact(&mut header[1..]).await?;
        let rest = usize::from(u16::from_be_bytes([header[14], header[15]]));
        if rest > V2_REST {
            return Err(invalid());
        }
        header.resize(V2_HEAD + rest, 0);
        stream.read_exact(&mut header[V2_HEAD..]).await?;
    }
    let (parsed, _) = ProxyHeader::parse(&header, CONFIG).map_err(|_| invalid())?;
    match parsed.proxied_address() {
        None => Ok(None),
        Some(told) if told.protocol == Protocol::Stream => Ok(Some(told.source)),
        Some(_) => Err(invalid()),
    }
}

fn invalid() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read from `bytes`, and what is left of them.
    async fn read_from(bytes: &[u8]) -> (io::Result<Option<SocketAddr>>, Vec<u8>) {
        let mut stream = bytes;
        let told = read(&mut stream).await;
        (told, stream.to_vec())
    }

    fn v2(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
        let mut header = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
        header.extend([0x20 | command, family]);
        header.extend((addresses.len() as u16).to_be_bytes());
        header.extend(addresses);
        header
    }

    #[tokio::test]
    async fn both_versions_name_the_client_and_leave_the_rest_alone() {
        let v4 = v2(1, 0x11, &[198, 51, 100, 7, 10, 0, 0, 1, 0x12, 0x34, 0, 80]);
        let with_extra = v2(
            1,
            0x11,
            &[198, 51, 100, 7, 10, 0, 0, 1, 0x12, 0x34, 0, 80, 4, 0, 1, 0],
        );
        let v1 = b"PROXY TCP4 198.51.100.7 10.0.0.1 4660 80\r\n".to_vec();
        for header in [v1, v4, with_extra] {
            let (told, rest) = read_from(&[&header[..], b"GET /"].concat()).await;
            assert_eq!(told.unwrap(), Some("198.51.100.7:4660".parse().unwrap()));
            assert_eq!(rest, b"GET /");
        }
        let v6 = b"PROXY TCP6 2001:db8::7 2001:db8::1 4660 80\r\n\x16";
        let (told, rest) = read_from(v6).await;
        assert_eq!(told.unwrap(), Some("[2001:db8::7]:4660".parse().unwrap()));
        assert_eq!(rest, b"\x16");
    }

    #[tokio::test]
    async fn a_proxy_may_speak_for_itself() {
        for header in [b"PROXY UNKNOWN\r\n".to_vec(), v2(0, 0, &[])] {
            assert_eq!(read_from(&header).await.0.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn anything_else_is_an_end() {
        let long = [b"PROXY TCP4 ".as_slice(), &[b'1'; 200]].concat();
        let huge = [
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11".as_slice(),
            &[0xFF, 0xFF],
            &[0; 4096],
        ]
        .concat();
        for bytes in [
            b"GET / HTTP/1.1\r\n\r\nand more than sixteen".to_vec(),
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaaaaaaaaaaaaaa".to_vec(),
            b"PROXY TCP4 198.51.100.7\r\n".to_vec(),
            b"PROXY TCP4 1.2.3.4 5.6.7.8 1 99999\r\n".to_vec(),
            b"PROXY".to_vec(),
            v2(1, 0x12, &[198, 51, 100, 7, 10, 0, 0, 1, 0x12, 0x34, 0, 80]),
            v2(1, 0x11, &[1, 2, 3]),
            long,
            huge,
            Vec::new(),
        ] {
            assert!(read_from(&bytes).await.0.is_err(), "{bytes:?}");
        }
    }
}
