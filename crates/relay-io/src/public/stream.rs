//! One TCP or TLS connection of the public relay: cut what comes into packets, write what waits.

use std::sync::Arc;
use std::time::Instant;

use parlour_relay::address::FiveTuple;
use parlour_relay::stream::{Frame, frame};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::public::hub::Hub;
use crate::queue::Queue;
use crate::stream::{Line, Patience, StreamEnd};
use crate::udp::canonical;

/// Serves one connection until it ends.
pub(crate) async fn serve<S>(hub: &Arc<Hub>, stream: S, from: FiveTuple, first_bytes: &[u8]) -> StreamEnd
where
    S: AsyncRead + AsyncWrite,
{
    let from = FiveTuple {
        client: canonical(from.client),
        server: canonical(from.server),
        ..from
    };
    let opened = Instant::now();
    let Some(queue) = hub.open_stream(opened, from) else {
        return StreamEnd::Refused;
    };
    let connection = Connection {
        hub,
        from,
        queue,
        patience: Patience::new(opened),
    };
    let line = Line {
        queue: &connection.queue,
        patience: &connection.patience,
        settings: &hub.settings,
    };
    let mut out = Vec::new();
    let take_frames = |bytes: &[u8]| connection.take_frames(bytes, &mut out);
    line.serve(stream, first_bytes, take_frames, || hub.has_allocation(&from))
        .await
}

/// A connection's place in the hub; dropping it, also by cancelling the task, gives the place back.
struct Connection<'a> {
    hub: &'a Arc<Hub>,
    from: FiveTuple,
    queue: Arc<Queue>,
    patience: Patience,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.hub.close_stream(self.from, &self.queue);
    }
}

impl Connection<'_> {
    /// Handles every whole frame at the beginning of `bytes`; returns how many bytes that were, `None` if this is
    /// no TURN stream.
    fn take_frames(&self, bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
        let now = Instant::now();
        let mut used = 0;
        loop {
            let rest = &bytes[used..];
            match frame(rest, self.hub.settings.max_frame_bytes) {
                Frame::Message { len, padded } => {
                    self.hub.pass(out, |relay, out| {
                        relay.handle_client(now, self.from, &rest[..len], out)
                    });
                    used += padded;
                    self.patience.renew(now);
                }
                Frame::Incomplete { .. } => return Some(used),
                Frame::Invalid => return None,
            }
        }
    }
}
