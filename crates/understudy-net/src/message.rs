//! What a handler gets and gives.

use crate::edit::{Edit, Edited, gather};
use crate::file::FileBody;
use crate::held::Held;
use crate::interim::Interim;
use crate::passing::Passing;
use crate::upgrade::Upgrade;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Body;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// The default maximum size of a body, in bytes.
pub const BODY_BYTES_MAX: usize = 64 << 20;
/// How long a request's body may take.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// The maximum number of bytes that are read of the rest of a refused body, and the maximum time
/// that its next bytes may take.
const REST_BYTES_MAX: usize = 256 << 20;
const REST_PAUSE: Duration = Duration::from_secs(1);

/// A request that came in.
#[derive(Debug)]
pub struct Inbound {
    /// Method, target and header fields, as they were sent.
    pub parts: Parts,
    /// The body, still in its content coding.
    pub body: Stream,
    /// The connection that it came on.
    pub line: Line,
}

/// What a connection can do for a request beside carrying its answer.
#[derive(Debug)]
pub struct Line {
    /// It goes over to another protocol, where the request asks for one.
    pub upgrade: Option<Upgrade>,
    /// It carries answers before the answer: over HTTP/1.1.
    pub interim: Option<Interim>,
}

/// Why a body could not be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyProblem {
    /// The body has more bytes than are read.
    TooLarge,
    /// It took longer than [`crate::BODY_TIMEOUT`].
    TimedOut,
    /// The peer went away, or did not keep to the protocol.
    Broken,
    /// The bodies of all requests have more than [`crate::BODIES_BYTES_MAX`].
    NoRoom,
}

/// A body that was read to its end.
#[derive(Debug, Default)]
pub struct WholeBody {
    /// Its bytes.
    pub bytes: Bytes,
    /// The body's part of the memory for bodies, to be kept until the request is answered.
    pub held: Held,
}

/// An answer.
#[derive(Debug)]
pub struct Outbound {
    /// The status.
    pub status: StatusCode,
    /// The header fields; `date` and `content-length` are added.
    pub headers: HeaderMap,
    /// The content.
    pub body: OutboundBody,
}

/// What a handler says to a request.
pub enum Reply {
    /// The answer.
    Now(Outbound),
    /// The answer, once it is there. On the heap: answers that nobody has to wait for carry none of it.
    Later(Pin<Box<dyn Future<Output = Outbound> + Send>>),
}

impl Reply {
    /// The answer that comes of waiting.
    #[must_use]
    pub fn later(answer: impl Future<Output = Outbound> + Send + 'static) -> Self {
        Self::Later(Box::pin(answer))
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Now(answer) => f.debug_tuple("Now").field(answer).finish(),
            Self::Later(_) => f.write_str("Later"),
        }
    }
}

/// The content of an answer.
#[derive(Debug)]
pub enum OutboundBody {
    /// All of it at once.
    Whole(Bytes),
    /// What a backend sends, passed on as it comes.
    Stream(Stream),
    /// A backend's body that is edited while it is forwarded.
    Edited(EditedStream),
    /// Parts of a file, read while they are sent. The file is boxed because few bodies are files.
    File(Box<FileBody>),
}

/// A body that is edited while it is forwarded. It is boxed because few bodies are edited.
pub struct EditedStream(pub(crate) Box<Edited>);

impl std::fmt::Debug for EditedStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EditedStream")
    }
}

/// A body that is still on its way.
#[derive(Debug)]
pub struct Stream(pub(crate) Passing);

impl Stream {
    /// Whether nothing comes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_end_stream()
    }

    /// Returns all of the body, if it has at most this many bytes.
    ///
    /// # Errors
    /// The reason why it did not arrive.
    pub async fn whole(self, bytes_max: usize) -> Result<WholeBody, BodyProblem> {
        // Most requests have none; those that have one can carry the weight of waiting for it.
        if self.is_empty() { Ok(WholeBody::default()) } else { Box::pin(read(self.0, bytes_max)).await }
    }

    /// Returns the complete body if its length is known, is within the limit and the body arrives in time.
    ///
    /// # Errors
    /// The body, to be forwarded as it arrives.
    pub async fn gathered(self, bytes_max: u64, time: Duration) -> Result<Bytes, Self> {
        Box::pin(gather(self.0, bytes_max, time)).await.map_err(Self)
    }

    /// Returns the body with an edit.
    #[must_use]
    pub fn edited(self, edit: Box<dyn Edit>) -> EditedStream {
        EditedStream(Box::new(Edited::new(self.0, edit)))
    }

    /// The same body; a copy of it, of at most so many bytes, is given to `ended` once it has passed or ended otherwise.
    #[must_use]
    pub fn copied(self, bytes_max: usize, ended: impl FnOnce(BodyCopy) + Send + 'static) -> Self {
        Self(self.0.copied(bytes_max, Box::new(ended)))
    }
}

async fn read(mut body: Passing, bytes_max: usize) -> Result<WholeBody, BodyProblem> {
    let read = tokio::time::timeout(BODY_TIMEOUT, pieces(&mut body, bytes_max)).await;
    let problem = match read {
        Ok(Ok(whole)) => return Ok(whole),
        Ok(Err(problem)) => problem,
        Err(_) => BodyProblem::TimedOut,
    };
    if matches!(problem, BodyProblem::TooLarge | BodyProblem::NoRoom) {
        discard_rest(body);
    }
    Err(problem)
}

/// Reads the pieces of a body. A body in one piece is not copied, and counts for nothing.
async fn pieces(body: &mut Passing, bytes_max: usize) -> Result<WholeBody, BodyProblem> {
    let mut held = Held::default();
    let mut first: Option<Bytes> = None;
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|_| BodyProblem::Broken)?.into_data() else { continue };
        let length = first.as_ref().map_or(0, Bytes::len).max(whole.len());
        if piece.len() > bytes_max - length {
            return Err(BodyProblem::TooLarge);
        }
        let Some(first) = &first else {
            first = Some(piece);
            continue;
        };
        // The first piece was not counted before.
        let more = if whole.is_empty() { first.len() + piece.len() } else { piece.len() };
        if !held.grow(more, bytes_max) {
            return Err(BodyProblem::NoRoom);
        }
        if whole.is_empty() {
            whole.extend_from_slice(first);
        }
        whole.extend_from_slice(&piece);
    }
    let bytes = if whole.is_empty() { first.unwrap_or_default() } else { whole.into() };
    Ok(WholeBody { bytes, held })
}

/// Reads the rest of a refused body, so that a client that sends all of it first sees the response. Without this the
/// connection is closed with unread bytes, which resets it.
fn discard_rest(mut body: Passing) {
    tokio::spawn(async move {
        let mut left = REST_BYTES_MAX;
        while left > 0 {
            match tokio::time::timeout(REST_PAUSE, body.frame()).await {
                Ok(Some(Ok(frame))) => left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len)),
                _ => return,
            }
        }
    });
}

/// What passed of a body.
#[derive(Debug, Clone)]
pub struct BodyCopy {
    /// The first bytes, still in their content coding.
    pub bytes: Bytes,
    /// How many bytes passed.
    pub total: u64,
    /// How it ended.
    pub ended: BodyEnd,
}

impl BodyCopy {
    /// Of a body with nothing in it.
    #[must_use]
    pub fn empty() -> Self {
        Self { bytes: Bytes::new(), total: 0, ended: BodyEnd::Whole }
    }

    /// Whether all of it is in the copy.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.ended == BodyEnd::Whole && self.bytes.len() as u64 == self.total
    }
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEnd {
    /// With its last byte.
    Whole,
    /// Its sender went away, or did not keep to the protocol.
    Broken,
    /// Its receiver wanted no more of it.
    Left,
}

impl Outbound {
    /// An answer with all of its content.
    #[must_use]
    pub fn whole(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self { status, headers, body: OutboundBody::Whole(body) }
    }
}
