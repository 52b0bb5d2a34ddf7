//! Batches: how frames travel where there is no WebSocket (`docs/protocol.md`, "Polling").
//!
//! A head in JSON, then one frame a line. The machine knows nothing of this: it is here for the shell and for
//! clients, so that both sides read what both sides write.

use serde::{Deserialize, Serialize};

use crate::encoding::is_object;

/// What is no batch: its head is not what the document says, or it has a frame where none may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoBatch;

/// What a page posts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Up<'a> {
    /// The `n`th of its batches, counted from 1.
    Frames {
        /// Its number.
        n: u64,
        /// At least one.
        frames: Vec<&'a str>,
    },
    /// The end of the connection; it has no number, as a page that unloads cannot wait for its turn.
    Close {
        /// As a page would close a WebSocket.
        code: u16,
    },
}

/// What a page gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down<'a> {
    /// Its number, counted from 1.
    pub n: u64,
    /// What the server says; none only with `close`.
    pub frames: Vec<&'a str>,
    /// As the server would close a WebSocket after these frames.
    pub close: Option<u16>,
}

/// The answer to the first batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Opened {
    /// By which this connection is known from now on; a secret of both sides.
    pub poll: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UpHead {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    close: Option<u16>,
}

#[derive(Serialize, Deserialize)]
struct DownHead {
    n: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    close: Option<u16>,
}

impl<'a> Up<'a> {
    /// # Errors
    /// [`NoBatch`].
    pub fn read(text: &'a str) -> Result<Self, NoBatch> {
        let (head, frames) = split(text);
        if !is_object(head) {
            return Err(NoBatch);
        }
        let head: UpHead = serde_json::from_str(head).map_err(|_| NoBatch)?;
        match (head.n, head.close) {
            (Some(n), None) if n > 0 && !frames.is_empty() => Ok(Self::Frames { n, frames }),
            (None, Some(code)) if frames.is_empty() => Ok(Self::Close { code }),
            (Some(_) | None, Some(_) | None) => Err(NoBatch),
        }
    }

    /// The body of a request.
    #[must_use]
    pub fn write(&self) -> String {
        match self {
            Self::Frames { n, frames } => join(
                &UpHead {
                    n: Some(*n),
                    close: None,
                },
                frames,
            ),
            Self::Close { code } => join(
                &UpHead {
                    n: None,
                    close: Some(*code),
                },
                &[],
            ),
        }
    }
}

impl<'a> Down<'a> {
    /// # Errors
    /// [`NoBatch`].
    pub fn read(text: &'a str) -> Result<Self, NoBatch> {
        let (head, frames) = split(text);
        let DownHead { n, close } = serde_json::from_str(head).map_err(|_| NoBatch)?;
        if n == 0 || (frames.is_empty() && close.is_none()) {
            return Err(NoBatch);
        }
        Ok(Self { n, frames, close })
    }

    /// The body of an answer.
    #[must_use]
    pub fn write(&self) -> String {
        join(
            &DownHead {
                n: self.n,
                close: self.close,
            },
            &self.frames,
        )
    }
}

impl Opened {
    /// # Errors
    /// [`NoBatch`].
    pub fn read(text: &str) -> Result<Self, NoBatch> {
        serde_json::from_str(text).map_err(|_| NoBatch)
    }

    /// The body of the answer.
    #[must_use]
    pub fn write(&self) -> String {
        join(self, &[])
    }
}

/// JSON in one line has no line feed, so lines divide frames.
fn split(text: &str) -> (&str, Vec<&str>) {
    let mut lines = text.split('\n');
    let head = lines.next().unwrap_or_default();
    (head, lines.collect())
}

fn join(head: &impl Serialize, frames: &[&str]) -> String {
    let mut text = serde_json::to_string(head).expect("numbers and strings are JSON");
    for frame in frames {
        text.push('\n');
        text.push_str(frame);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_read_as_they_were_written() {
        let up = Up::Frames {
            n: 3,
            frames: vec![r#"{"t":"ack"}"#, "{}"],
        };
        assert_eq!(up.write(), "{\"n\":3}\n{\"t\":\"ack\"}\n{}");
        assert_eq!(Up::read(&up.write()), Ok(up.clone()));
        let close = Up::Close { code: 1000 };
        assert_eq!(Up::read(&close.write()), Ok(close.clone()));
        for down in [
            Down {
                n: 1,
                frames: vec!["{}"],
                close: None,
            },
            Down {
                n: 2,
                frames: vec![],
                close: Some(1001),
            },
        ] {
            assert_eq!(Down::read(&down.write()), Ok(down.clone()));
        }
    }

    #[test]
    fn what_is_no_batch_is_refused() {
        for text in [
            "",
            "{}",
            "{\"n\":1}",
            "{\"n\":0}\n{}",
            "{\"n\":-1}\n{}",
            "{\"n\":1,\"close\":1000}\n{}",
            "{\"close\":1000}\n{}",
            "{\"close\":65536}",
            "{\"n\":1,\"more\":1}\n{}",
            "\n{\"n\":1}\n{}",
            "[1]\n{}",
            "[1,null]\n{}",
            "{\"n\":1,\"n\":1}\n{}",
            "{\"n\":\"1\"}\n{}",
            "{\"n\":1.5}\n{}",
            "{\"n\":18446744073709551616}\n{}",
            "{\"close\":\"1000\"}",
            "{\"close\":-1}",
            "{\"close\":null}",
        ] {
            assert_eq!(Up::read(text), Err(NoBatch), "{text}");
        }
        for text in ["", "{\"n\":1}", "{\"n\":0,\"close\":1000}", "[]\n{}"] {
            assert_eq!(Down::read(text), Err(NoBatch), "{text}");
        }
    }
}
