//! One TCP or TLS connection of the public relay: cut what comes into packets, write what waits.

use std::future::pending;
use std::sync::Arc;
use std::time::Instant;

use parlour_relay::address::FiveTuple;
use parlour_relay::stream::{Frame, frame};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadHalf};

use crate::public::hub::Hub;
use crate::queue::Queue;
use crate::stream::{FAREWELL, Patience, READ_BYTES, StreamEnd, write};
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
    let (reader, writer) = tokio::io::split(stream);
    let mut writing = std::pin::pin!(write(&connection.queue, writer));
    let has_allocation = || hub.has_allocation(&from);
    let end = tokio::select! {
        end = connection.read(reader, first_bytes) => end,
        end = &mut writing => return end,
        () = connection.patience.ends(&hub.settings, has_allocation) => StreamEnd::TimedOut,
    };
    connection.queue.close();
    if end != StreamEnd::ClosedByClient {
        let _too_slow = tokio::time::timeout(FAREWELL, writing).await;
    }
    end
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
    async fn read<S: AsyncRead>(&self, mut reader: ReadHalf<S>, first_bytes: &[u8]) -> StreamEnd {
        // One more than a whole frame, so that there is always room to read into.
        let size = READ_BYTES.max(self.hub.settings.max_frame_bytes + 1);
        let mut buffer = Vec::with_capacity(size.max(first_bytes.len()));
        let mut out = Vec::new();
        buffer.extend_from_slice(first_bytes);
        loop {
            match self.take_frames(&buffer, &mut out) {
                Some(used) => drop(buffer.drain(..used)),
                None => return StreamEnd::Invalid,
            }
            if self.queue.is_closed() {
                return pending().await;
            }
            let mut room = (&mut reader).take((size - buffer.len()) as u64);
            match room.read_buf(&mut buffer).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => return StreamEnd::ClosedByClient,
            }
        }
    }

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
