//! One WebSocket's beginning: the upgrade (RFC 6455 §4.2). What it carries then is in `carry`.
//!
//! Upgraded by hand because the stock filter gives every socket 128 KiB of buffers; here an idle socket
//! costs a few KiB.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use parlour_signaling::Source;
use sha1::{Digest as _, Sha1};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::carry::carry;
use crate::listen::Pass;
use crate::rooms::Rooms;

/// The one subprotocol of this version, docs/protocol.md.
pub const SUBPROTOCOL: &str = "parlour.v1";
/// docs/protocol.md, "Carrier".
const FRAME_BYTES: usize = 65_536;
/// RFC 6455 §1.3: the GUID that every server appends to the key.
const ACCEPT_GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What the handshake of one request said.
#[derive(Debug, Default)]
pub struct Handshake {
    /// `Sec-WebSocket-Key`.
    pub key: Option<String>,
    /// `Sec-WebSocket-Version`.
    pub version: Option<String>,
    /// `Sec-WebSocket-Protocol`.
    pub protocols: Option<String>,
}

/// Answers the handshake; on 101 the socket is served by a task of its own.
pub(crate) fn accept(
    rooms: &Rooms,
    handshake: &Handshake,
    upgrade: Option<OnUpgrade>,
    pass: Arc<Pass>,
    source: Source,
) -> Response<&'static str> {
    let (Some(upgrade), Some(key)) = (upgrade, handshake.key.as_deref()) else {
        let mut refusal = sentence(
            StatusCode::UPGRADE_REQUIRED,
            "This address speaks WebSocket only.\n",
        );
        refusal
            .headers_mut()
            .insert(UPGRADE, http::HeaderValue::from_static("websocket"));
        return refusal;
    };
    // RFC 6455 §4.2.1: the key is 16 bytes in base64, the version is 13.
    if handshake.version.as_deref() != Some("13") || STANDARD.decode(key).map_or(0, |bytes| bytes.len()) != 16
    {
        return sentence(
            StatusCode::BAD_REQUEST,
            "This is no WebSocket handshake of version 13.\n",
        );
    }
    let offered = handshake.protocols.as_deref().unwrap_or_default();
    if !offered.split(',').any(|name| name.trim() == SUBPROTOCOL) {
        return sentence(
            StatusCode::BAD_REQUEST,
            "Offer the WebSocket subprotocol parlour.v1.\n",
        );
    }

    let rooms = rooms.clone();
    pass.settle();
    tokio::spawn(async move {
        // The place at the gate is taken for as long as the socket lives.
        let _pass = pass;
        // The client may vanish between our answer and its first frame; then there is nobody to serve.
        if let Ok(upgraded) = upgrade.await {
            let config = WebSocketConfig::default()
                // tungstenite fills it with zeros before each read, so all of it is resident, for each connection; most frames have
                // a few hundred bytes, a description a few thousand.
                .read_buffer_size(2048)
                .write_buffer_size(0)
                .max_write_buffer_size(4 * FRAME_BYTES)
                .max_message_size(Some(FRAME_BYTES))
                .max_frame_size(Some(FRAME_BYTES));
            let socket =
                WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
            carry(socket, rooms, source).await;
        }
    });

    let mut response = Response::new("");
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, http::HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, http::HeaderValue::from_static("upgrade"));
    headers.insert(
        SEC_WEBSOCKET_PROTOCOL,
        http::HeaderValue::from_static(SUBPROTOCOL),
    );
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept_value(key));
    response
}

fn accept_value(key: &str) -> http::HeaderValue {
    let digest = Sha1::new().chain_update(key).chain_update(ACCEPT_GUID).finalize();
    http::HeaderValue::from_str(&STANDARD.encode(digest)).expect("base64 is a header value")
}

fn sentence(status: StatusCode, text: &'static str) -> Response<&'static str> {
    let mut response = Response::new(text);
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6455 §1.3 prints this pair.
    #[test]
    fn s1_3_the_sample_key_gives_the_sample_answer() {
        assert_eq!(
            accept_value("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }
}
