//! Bodies of requests: so long and no longer, and not for ever.

use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use hyper::body::Buf;

/// Why a body was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It broke off.
    Broken,
    /// It has more bytes.
    TooLong,
    /// It was not there in time.
    TooSlow,
}

/// All of it, if that is at most `most` bytes and comes `within` so long.
///
/// # Errors
/// [`Unread`].
pub(crate) async fn read<B: Buf, E>(
    body: impl Stream<Item = Result<B, E>>,
    most: usize,
    within: Duration,
) -> Result<Vec<u8>, Unread> {
    let mut body = std::pin::pin!(body);
    let mut bytes = Vec::new();
    let reading = async {
        while let Some(piece) = body.next().await {
            let mut piece = piece.map_err(|_| Unread::Broken)?;
            if bytes.len() + piece.remaining() > most {
                return Err(Unread::TooLong);
            }
            while piece.has_remaining() {
                let part = piece.chunk().len();
                bytes.extend_from_slice(piece.chunk());
                piece.advance(part);
            }
        }
        Ok(())
    };
    match tokio::time::timeout(within, reading).await {
        Ok(read) => read.map(|()| bytes),
        Err(_) => Err(Unread::TooSlow),
    }
}
