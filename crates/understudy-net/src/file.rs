//! Bodies that are read from files while they are sent.

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::task::{JoinHandle, spawn_blocking};

/// The number of bytes that are read at once. A body needs this much memory, whatever the file's size.
const PIECE_BYTES: u64 = 256 << 10;

/// A file that was opened to be sent. What another program writes to another file in its place does not matter.
#[derive(Debug)]
pub struct OpenFile {
    file: File,
    bytes: u64,
}

/// A part of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Bytes(Bytes),
    /// These bytes of the file.
    OfFile(Range<u64>),
}

/// A body made of bytes and of parts of a file.
#[derive(Debug)]
pub struct FileBody {
    pieces: VecDeque<Piece>,
    reading: Reading,
    /// The number of bytes that are still to be sent.
    rest: u64,
}

#[derive(Debug)]
enum Reading {
    Idle(File),
    Busy(JoinHandle<(File, io::Result<Bytes>)>),
    Failed,
}

impl OpenFile {
    /// Opens a regular file by its path with all links resolved. If a link is on the way by now, the file is not opened: it
    /// may lead anywhere.
    ///
    /// # Errors
    /// The error of the system.
    pub async fn open(path: PathBuf) -> io::Result<Self> {
        let opening = spawn_blocking(move || {
            let moved = || io::Error::new(io::ErrorKind::NotFound, "another file is in its place by now");
            // Opening a pipe would wait for a writer.
            if !std::fs::symlink_metadata(&path)?.is_file() {
                return Err(moved());
            }
            let file = File::open(&path)?;
            let metadata = file.metadata()?;
            if metadata.is_file() && place_of(&file, &path)? == path {
                Ok(Self { file, bytes: metadata.len() })
            } else {
                Err(moved())
            }
        });
        opening.await.map_err(io::Error::other)?
    }

    /// Reads the whole file, if it has at most `max` bytes.
    ///
    /// # Errors
    /// The error of the system, and [`io::ErrorKind::FileTooLarge`].
    pub async fn read(self, max: u64) -> io::Result<Bytes> {
        let reading = spawn_blocking(move || {
            let mut content = Vec::new();
            self.file.take(max.saturating_add(1)).read_to_end(&mut content)?;
            if content.len() as u64 > max { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(content.into()) }
        });
        reading.await.map_err(io::Error::other)?
    }

    /// The size of the file, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The body made of these pieces.
    #[must_use]
    pub fn body(self, pieces: impl IntoIterator<Item = Piece>) -> FileBody {
        let pieces: VecDeque<Piece> = pieces.into_iter().collect();
        let rest = pieces.iter().map(Piece::len).sum();
        FileBody { pieces, reading: Reading::Idle(self.file), rest }
    }
}

/// Returns the place of an open file, with all links resolved: of the file itself where the system knows it.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn place_of(file: &File, path: &Path) -> io::Result<PathBuf> {
    use std::os::fd::AsRawFd;
    std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).or_else(|_| path.canonicalize())
}

/// Returns the place of an open file, with all links resolved.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn place_of(_: &File, path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::OfFile(range) => range.end.saturating_sub(range.start),
        }
    }
}

/// Reads the next bytes of a range.
fn read(mut file: File, range: &Range<u64>) -> (File, io::Result<Bytes>) {
    let wanted = (range.end - range.start).min(PIECE_BYTES);
    let mut piece = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
    let read = file.seek(SeekFrom::Start(range.start)).and_then(|_| (&mut file).take(wanted).read_to_end(&mut piece));
    let bytes = match read {
        // The length was sent already: the client has to learn that this is not all.
        Ok(0) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was sent")),
        Ok(_) => Ok(piece.into()),
        Err(error) => Err(error),
    };
    (file, bytes)
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            match &mut self.reading {
                Reading::Failed => return Poll::Ready(None),
                Reading::Busy(reading) => {
                    let read = ready!(Pin::new(reading).poll(context)).map_err(io::Error::other);
                    self.reading = Reading::Failed;
                    let (file, bytes) = match read {
                        Ok((file, Ok(bytes))) => (file, bytes),
                        Ok((_, Err(error))) | Err(error) => return Poll::Ready(Some(Err(error))),
                    };
                    self.reading = Reading::Idle(file);
                    self.rest -= bytes.len() as u64;
                    if let Some(Piece::OfFile(range)) = self.pieces.front_mut() {
                        range.start += bytes.len() as u64;
                    }
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Reading::Idle(_) => {}
            }
            match self.pieces.front().cloned() {
                None => return Poll::Ready(None),
                Some(Piece::Bytes(bytes)) => {
                    self.pieces.pop_front();
                    self.rest -= bytes.len() as u64;
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Some(Piece::OfFile(range)) if range.is_empty() => drop(self.pieces.pop_front()),
                Some(Piece::OfFile(range)) => {
                    if let Reading::Idle(file) = std::mem::replace(&mut self.reading, Reading::Failed) {
                        self.reading = Reading::Busy(spawn_blocking(move || read(file, &range)));
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn parts_of_a_file_are_sent_and_a_file_that_became_shorter_is_an_error() {
        let folder = std::env::temp_dir().canonicalize().unwrap();
        let path = folder.join(format!("understudy-file-{}", std::process::id()));
        let content: Vec<u8> = (0..PIECE_BYTES * 2 + 10).map(|at| (at % 251) as u8).collect();
        std::fs::write(&path, &content).unwrap();
        let end = content.len() as u64;
        let file = OpenFile::open(path.clone()).await.unwrap();
        assert_eq!(file.bytes(), end);
        let pieces = [Piece::OfFile(5..end - 3), Piece::Bytes(Bytes::from_static(b"--")), Piece::OfFile(0..2)];
        let body = file.body(pieces);
        assert_eq!(body.size_hint().exact(), Some(end - 8 + 2 + 2));
        let sent = body.collect().await.unwrap().to_bytes();
        assert_eq!(sent, [&content[5..content.len() - 3], b"--", &content[..2]].concat());

        let mut body = OpenFile::open(path.clone()).await.unwrap().body([Piece::OfFile(0..end)]);
        assert!(body.frame().await.unwrap().is_ok());
        File::options().write(true).open(&path).unwrap().set_len(1).unwrap();
        assert_eq!(body.frame().await.unwrap().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        std::fs::remove_file(&path).unwrap();
        assert!(OpenFile::open(path).await.is_err());
    }
}
