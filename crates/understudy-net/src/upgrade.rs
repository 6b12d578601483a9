//! Connections that go on as something else than HTTP (RFC 9110, section 7.8): WebSocket.

use crate::websocket::{Message, Reader, SocketCopy, readers};
use http::{Extensions, HeaderMap};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use std::io;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::sync::Semaphore;

/// How many are passed on at once.
pub const UPGRADED_MAX: usize = 1_024;

/// How much is passed on at once.
const PIECE_BYTES: usize = 8 << 10;

static SLOTS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(UPGRADED_MAX)));

/// One side of such a connection: there once both have agreed on it.
#[derive(Debug)]
pub struct Upgrade(OnUpgrade);

/// What is done with the messages that passed.
pub type SocketEnded = Box<dyn FnOnce(SocketCopy) + Send>;

impl Upgrade {
    pub(crate) fn of(extensions: &mut Extensions) -> Option<Self> {
        extensions.remove::<OnUpgrade>().map(Self)
    }

    /// Passes on what the client, who is this side, sends to the server and back, until both have ended or one is gone; says
    /// whether there was room for one more. Where `ended` is there, it gets the messages of the WebSocket that was `agreed` on.
    #[must_use]
    pub fn join(self, server: Self, agreed: &HeaderMap, ended: Option<SocketEnded>) -> bool {
        let Ok(slot) = Arc::clone(&SLOTS).try_acquire_owned() else { return false };
        let copying = ended.map(|ended| Copying::new(agreed, ended));
        tokio::spawn(async move {
            // A peer that leaves is no business of anybody's.
            if let (Ok(client), Ok(server)) = tokio::join!(self.0, server.0) {
                let _ = pass(client, server, copying).await;
            }
            drop(slot);
        });
        true
    }
}

async fn pass(client: Upgraded, server: Upgraded, copying: Option<Copying>) -> io::Result<()> {
    let (mut client, mut server) = (TokioIo::new(client), TokioIo::new(server));
    let Some(Copying { readers: [sent, received], copied }) = copying else {
        return tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop);
    };
    let (from_client, to_client) = split(client);
    let (from_server, to_server) = split(server);
    let asking = one_way(from_client, to_server, sent, true, &copied);
    let answering = one_way(from_server, to_client, received, false, &copied);
    tokio::try_join!(asking, answering).map(drop)
}

/// Passes on what one side sends until it ends.
async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut reader: Reader,
    is_from_client: bool,
    copied: &Copied,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        // Before it is passed on: what answers it comes after it.
        copied.read(&mut reader, &piece[..length], is_from_client);
        to.write_all(&piece[..length]).await?;
        // What TLS has not got rid of yet goes now, and not with what comes next.
        to.flush().await?;
    }
}

/// Messages that are kept as they pass.
struct Copying {
    readers: [Reader; 2],
    copied: Copied,
}

impl Copying {
    fn new(agreed: &HeaderMap, ended: SocketEnded) -> Self {
        let kept = Kept { copy: SocketCopy::default(), bytes: 0, ended: Some(ended) };
        Self { readers: readers(agreed), copied: Copied { began: Instant::now(), kept: Mutex::new(kept) } }
    }
}

struct Copied {
    began: Instant,
    kept: Mutex<Kept>,
}

struct Kept {
    copy: SocketCopy,
    bytes: usize,
    ended: Option<SocketEnded>,
}

impl Copied {
    fn read(&self, reader: &mut Reader, bytes: &[u8], is_from_client: bool) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { copy, bytes: kept_bytes, .. } = &mut *kept;
        let after = self.began.elapsed();
        let read = reader.read(bytes, |content| copy.push(Message { is_from_client, after, content }, kept_bytes));
        if let Err(why) = read {
            copy.cut.get_or_insert(why);
        }
    }
}

impl Drop for Copied {
    /// However it ended: a program that stops tells what it has.
    fn drop(&mut self) {
        let kept = self.kept.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(ended) = kept.ended.take() {
            ended(std::mem::take(&mut kept.copy));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{BufWriter, duplex};

    #[tokio::test(start_paused = true)]
    async fn a_piece_is_passed_on_before_the_next_comes() {
        let (mut client, from_client) = duplex(64);
        let (to_server, mut server) = duplex(64);
        let [reader, _] = readers(&HeaderMap::new());
        let Copying { copied, .. } = Copying::new(&HeaderMap::new(), Box::new(|_| ()));
        // As TLS does, it keeps what it is given until it is told not to.
        let passing = one_way(from_client, BufWriter::new(to_server), reader, true, &copied);
        let talking = async {
            client.write_all(&[0x81, 0x80, 0, 0, 0, 0]).await.unwrap();
            let mut piece = [0; 6];
            server.read_exact(&mut piece).await.unwrap();
            drop(client);
            piece
        };
        let both = async { tokio::join!(talking, passing) };
        let (piece, ended) = tokio::time::timeout(std::time::Duration::from_secs(1), both).await.unwrap();
        assert!(piece == [0x81, 0x80, 0, 0, 0, 0] && ended.is_ok());
    }
}
