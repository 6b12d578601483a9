//! Requests to one address, and how far they came.

use crate::address::Address;
use crate::connect::{Connectors, Opened};
use crate::failure::{Protocol, SendError, after_sending};
use crate::interim::{Interim, Telling};
use crate::limit::Limit;
use crate::message::{BODY_BYTES_MAX, Stream};
use crate::own::Own;
use crate::passing::Passing;
use crate::pool::{Connection, Pool, Sent, Single};
use crate::probe::other_protocol;
use crate::upgrade::Upgrade;
use bytes::Bytes;
use http::header::{CONNECTION, HOST, UPGRADE};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};

/// Limits, in bytes and time, for reading a body that is not needed.
const UNWANTED_BYTES_MAX: u64 = 64 << 10;
const UNWANTED_TIME: Duration = Duration::from_millis(250);

/// Who is at an address, and the connections there.
#[derive(Debug)]
pub struct Peer {
    address: Address,
    pool: Arc<Pool>,
    connectors: Arc<Connectors>,
    /// True once a request was answered.
    is_answered: AtomicBool,
    /// The protocol that is spoken at the address, if it is another one than the address says.
    other_protocol: OnceCell<Option<Protocol>>,
}

/// The header fields of a request, made anew each time that it is sent.
pub trait Fields: Sync {
    /// The header fields; `host` is added where there is none.
    fn fields(&self) -> HeaderMap;
}

impl Fields for HeaderMap {
    fn fields(&self) -> HeaderMap {
        self.clone()
    }
}

/// A request that is to be sent.
#[derive(Clone, Copy)]
pub struct Call<'c> {
    /// The method.
    pub method: &'c Method,
    /// Path and query; the address's own path is put before it.
    pub target: &'c PathAndQuery,
    /// The header fields.
    pub headers: &'c dyn Fields,
    /// The body.
    pub body: &'c Bytes,
}

impl std::fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.target)
    }
}

impl Call<'_> {
    fn whole(&self) -> Sent {
        Either::Left(Full::new(self.body.clone()))
    }
}

/// An answer whose body is still to come.
#[derive(Debug)]
pub struct Upstream {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Stream,
    /// The connection itself, where the server agrees to another protocol on it.
    pub upgrade: Option<Upgrade>,
}

impl Peer {
    pub(crate) fn new(address: Address, connectors: Arc<Connectors>) -> Self {
        Self {
            address,
            pool: Arc::default(),
            connectors,
            is_answered: AtomicBool::new(false),
            other_protocol: OnceCell::new(),
        }
    }

    /// The address as it stands in a `Host` field.
    fn host(&self) -> HeaderValue {
        HeaderValue::from_str(self.address.authority.as_str()).expect("an authority is plain text")
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Sends a request and waits for the whole answer, its body still in its content coding. `timeout` begins once there is a
    /// connection: opening one may take [`CONNECT_TIMEOUT`](crate::CONNECT_TIMEOUT).
    ///
    /// Unsafe requests are sent on a new connection over HTTP/1.1. The server may be closing a used connection, and
    /// then it is unknown whether the request arrived.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn send(&self, call: Call<'_>, timeout: Duration) -> Result<(StatusCode, HeaderMap, Bytes), SendError> {
        self.send_for(BODY_BYTES_MAX, call, timeout).await
    }

    /// As [`Self::send`], for a body of at most this many bytes.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn send_for(
        &self,
        bytes_max: usize,
        call: Call<'_>,
        timeout: Duration,
    ) -> Result<(StatusCode, HeaderMap, Bytes), SendError> {
        let (Upstream { status, headers, body, .. }, until) = self.head(call, timeout).await?;
        let timed_out = |_| SendError::TimedOut { after: timeout };
        match timeout_at(until, Limited::new(body.0, bytes_max).collect()).await.map_err(timed_out)? {
            Ok(body) => Ok((status, headers, body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Err(SendError::TooLarge { bytes_max }),
            Err(error) => {
                Err(error.downcast::<hyper::Error>().map_or(SendError::Closed, |error| after_sending(&error)))
            }
        }
    }

    /// As [`Self::send`], without the body: a body without an end is not waited for. A short body is still read, so
    /// that the connection can be used again.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn send_for_head(&self, call: Call<'_>, timeout: Duration) -> Result<(StatusCode, HeaderMap), SendError> {
        let (Upstream { status, headers, body, .. }, _) = self.head(call, timeout).await?;
        drop(body.gathered(UNWANTED_BYTES_MAX, UNWANTED_TIME).await);
        Ok((status, headers))
    }

    /// Sends a request and waits for the head of the response. Also returns the deadline for the body.
    async fn head(&self, call: Call<'_>, timeout: Duration) -> Result<(Upstream, Instant), SendError> {
        let headers = call.headers.fields();
        let is_upgrade = is_upgrade(&headers);
        let now = Instant::now();
        let mut until = now + timeout;
        let mut asked = None;
        let used = match call.method.is_safe() {
            true => self.pool.take(is_upgrade, now),
            false => self.pool.take_shared().filter(|_| !is_upgrade),
        };
        if let Some(connection) = used {
            let asking = self.ask(call, headers, call.whole(), None, connection);
            match timeout_at(until, asking.answer(None)).await {
                Ok(Err(unanswered)) if unanswered.may_be_sent_again(call.method) => {}
                answer => asked = Some(answer),
            }
        }
        let answer = match asked {
            Some(answer) => answer,
            None => {
                let connection = Box::pin(self.connect(is_upgrade)).await?;
                until = Instant::now() + timeout;
                let asking = self.ask(call, call.headers.fields(), call.whole(), None, connection);
                timeout_at(until, asking.answer(None)).await
            }
        };
        match answer.map_err(|_| SendError::TimedOut { after: timeout })? {
            Ok(upstream) => {
                self.is_answered.store(true, Ordering::Relaxed);
                Ok((upstream, until))
            }
            Err(unanswered) => Err(self.explained(unanswered.error).await),
        }
    }

    /// Returns the cause of an error of a server that has never responded: the server may speak
    /// another protocol.
    async fn explained(&self, error: SendError) -> SendError {
        let may_be_other = matches!(error, SendError::Closed | SendError::Malformed { .. });
        if !may_be_other || self.address.is_tls || self.is_answered.load(Ordering::Relaxed) {
            return error;
        }
        let spoken = self.other_protocol.get_or_init(|| other_protocol(&self.address, &self.connectors)).await;
        match *spoken {
            Some(spoken) => SendError::OtherProtocol { address: self.address.shown_host(), spoken },
            None => error,
        }
    }

    /// Sends a request and waits for the answer's head. What a server says before it over HTTP/1.1 is passed on where there is
    /// an `interim`. `timeout` begins once there is a connection.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn open(
        &self,
        call: Call<'_>,
        interim: Option<&Interim>,
        timeout: Duration,
    ) -> Result<Upstream, SendError> {
        let telling = telling(interim).await;
        let headers = call.headers.fields();
        let is_upgrade = is_upgrade(&headers);
        let now = Instant::now();
        if let Some(connection) = self.pool.take(is_upgrade, now) {
            let limit = Some(Head { end: now + timeout, timeout });
            match self.ask(call, headers, call.whole(), telling, connection).answer(limit).await {
                Err(unanswered) if unanswered.may_be_sent_again(call.method) => {}
                answer => return answer.map_err(|unanswered| unanswered.error),
            }
        }
        self.ask_anew(call, call.whole(), interim, is_upgrade, Some(timeout)).await
    }

    /// As [`Self::open`], with a body that is sent as it comes, instead of the call's, however long that takes as long as its
    /// pieces come. It is sent once at most.
    ///
    /// # Errors
    /// [`SendError`]
    #[inline(never)]
    pub fn pass<'a>(&'a self, call: Call<'a>, body: Stream, interim: Option<&'a Interim>) -> Opening<'a> {
        Box::pin(async move {
            let telling = telling(interim).await;
            let headers = call.headers.fields();
            let is_upgrade = is_upgrade(&headers);
            let (body, stalled) = body.0.timed();
            let asking = self.ask_with(call, headers, Either::Right(body), telling, interim, is_upgrade);
            tokio::select! {
                answer = asking => answer,
                () = stalled => Err(SendError::Stalled),
            }
        })
    }

    /// Asks on a connection that is there, or on a new one where that has ended before anything was sent.
    fn ask_with<'a>(
        &'a self,
        call: Call<'a>,
        headers: HeaderMap,
        mut body: Sent,
        telling: Option<Telling>,
        interim: Option<&'a Interim>,
        is_upgrade: bool,
    ) -> Opening<'a> {
        Box::pin(async move {
            if let Some(connection) = self.pool.take(is_upgrade, Instant::now()) {
                match self.ask(call, headers, body, telling, connection).answer(None).await {
                    Err(Unanswered { unsent: Some(unsent), .. }) => body = *unsent,
                    answer => return answer.map_err(|unanswered| unanswered.error),
                }
            }
            self.ask_anew(call, body, interim, is_upgrade, None).await
        })
    }

    /// Asks on a new connection. That is rare, and large: on the heap, and a function of its own, it makes no other request
    /// slower.
    #[cold]
    #[inline(never)]
    fn ask_anew<'a>(
        &'a self,
        call: Call<'a>,
        body: Sent,
        interim: Option<&'a Interim>,
        is_upgrade: bool,
        timeout: Option<Duration>,
    ) -> Opening<'a> {
        Box::pin(async move {
            let connection = self.connect(is_upgrade).await?;
            let telling = telling(interim).await;
            let limit = timeout.map(|timeout| Head { end: Instant::now() + timeout, timeout });
            let asking = self.ask(call, call.headers.fields(), body, telling, connection);
            asking.answer(limit).await.map_err(|unanswered| unanswered.error)
        })
    }

    async fn connect(&self, is_upgrade: bool) -> Result<Connection, SendError> {
        Ok(match self.connectors.connect(&self.address, is_upgrade).await? {
            Opened::Http1(sender, hearing) => {
                let (limit, host) = (Limit::new(), self.host());
                let pool = Own::new(Arc::clone(&self.pool));
                Connection::Http1(Box::new(Single { sender, limit, hearing, host, pool }))
            }
            Opened::Http2(sender) => {
                self.pool.share(&sender);
                Connection::Http2(sender)
            }
        })
    }

    /// Sends a request; what comes of it is still to be waited for.
    fn ask(
        &self,
        call: Call<'_>,
        headers: HeaderMap,
        body: Sent,
        telling: Option<Telling>,
        connection: Connection,
    ) -> Asked {
        let (answer, single): (Result<Answer, Unanswered>, _) = match connection {
            Connection::Http1(mut single) => {
                single.hearing.tell(telling);
                let request = self.http1(call, headers, body, &single.host);
                (request.map(|request| Box::pin(single.sender.try_send_request(request)) as Answer), Some(single))
            }
            Connection::Http2(mut connection) => {
                let request = self.http2(call, headers, body);
                (request.map(|request| Box::pin(connection.try_send_request(request)) as Answer), None)
            }
        };
        Asked { answer, single }
    }

    fn http1(
        &self,
        call: Call<'_>,
        mut headers: HeaderMap,
        body: Sent,
        host: &HeaderValue,
    ) -> Result<http::Request<Sent>, Unanswered> {
        headers.entry(HOST).or_insert_with(|| host.clone());
        let mut request = http::Request::new(body);
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = self.path(call.target)?.into();
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// HTTP/2 has the host in a field of its own (RFC 9113, section 8.3.1).
    fn http2(&self, call: Call<'_>, mut headers: HeaderMap, body: Sent) -> Result<http::Request<Sent>, Unanswered> {
        headers.remove(CONNECTION);
        let authority = match headers.remove(HOST) {
            None => self.address.authority.clone(),
            Some(host) => Authority::try_from(host.as_bytes())
                .map_err(|_| malformed(format!("`{}` cannot be a host", String::from_utf8_lossy(host.as_bytes()))))?,
        };
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(if self.address.is_tls { Scheme::HTTPS } else { Scheme::HTTP });
        parts.authority = Some(authority);
        parts.path_and_query = Some(self.path(call.target)?);
        let mut request = http::Request::new(body);
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = Uri::from_parts(parts).map_err(|error| malformed(error.to_string()))?;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// The target with the address's own path before it.
    fn path(&self, target: &PathAndQuery) -> Result<PathAndQuery, Unanswered> {
        let before = &self.address.path;
        if before.is_empty() {
            return Ok(target.clone());
        }
        PathAndQuery::from_maybe_shared(format!("{before}{target}"))
            .map_err(|_| malformed(format!("`{before}{target}` cannot be a request target")))
    }
}

/// An answer's head, once it is there.
type Opening<'a> = Pin<Box<dyn Future<Output = Result<Upstream, SendError>> + Send + 'a>>;

/// A request that was sent, if it could be made.
struct Asked {
    answer: Result<Answer, Unanswered>,
    /// What it was sent on, where that is for it alone.
    single: Option<Box<Single>>,
}

/// On the heap: it has room for the request, where that cannot be sent.
type Answer = Pin<Box<dyn Future<Output = Result<http::Response<Incoming>, TrySendError<http::Request<Sent>>>> + Send>>;

impl Asked {
    /// Waits for the answer's head.
    async fn answer(self, limit: Option<Head>) -> Result<Upstream, Unanswered> {
        let Self { answer, mut single } = self;
        let mut answer = answer?;
        let response = match (limit, &mut single) {
            (None, _) => answer.await,
            (Some(head), Some(single)) => {
                single.limit.until(head.end, answer.as_mut()).await.ok_or_else(|| head.late())?
            }
            (Some(head), None) => timeout_at(head.end, answer).await.map_err(|_| head.late())?,
        };
        let (mut parts, body) = response.map_err(unanswered)?.into_parts();
        let upgrade = single.as_ref().and_then(|_| Upgrade::of(&mut parts.extensions));
        let body = match single {
            Some(single) if parts.status != StatusCode::SWITCHING_PROTOCOLS => Passing::on(body, single),
            _ => Passing::new(body),
        };
        Ok(Upstream { status: parts.status, headers: parts.headers, body: Stream(body), upgrade })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.pool.close();
    }
}

/// What tells a client of answers before its own. The connection that its request came on is what waits here.
async fn telling(interim: Option<&Interim>) -> Option<Telling> {
    let interim = interim?;
    Some(interim.begin(poll_fn(|context| Poll::Ready(context.waker().clone())).await))
}

/// How long an answer's head may take.
#[derive(Clone, Copy)]
struct Head {
    end: Instant,
    timeout: Duration,
}

impl Head {
    fn late(self) -> Unanswered {
        Unanswered { unsent: None, error: SendError::TimedOut { after: self.timeout } }
    }
}

/// A request that got no answer, and what was to be sent with it where nothing of it was sent.
struct Unanswered {
    unsent: Option<Box<Sent>>,
    error: SendError,
}

impl Unanswered {
    /// Whether it may be sent once more where it went over a connection that had been used: it was not sent at all, or on a
    /// connection that the server was about to close, and nobody can notice. (A second DELETE can be: the first may have
    /// arrived.)
    fn may_be_sent_again(&self, method: &Method) -> bool {
        self.unsent.is_some() || (matches!(self.error, SendError::Closed) && method.is_safe())
    }
}

fn malformed(why: String) -> Unanswered {
    Unanswered { unsent: None, error: SendError::Malformed { why } }
}

fn unanswered(mut error: TrySendError<http::Request<Sent>>) -> Unanswered {
    let unsent = error.take_message().map(|request| Box::new(request.into_body()));
    Unanswered { unsent, error: after_sending(&error.into_error()) }
}

/// Whether a request asks for another protocol on its connection.
fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name == UPGRADE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Client;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    const SOON: Duration = Duration::from_millis(100);

    /// A server, and who asks it.
    async fn server() -> (TcpListener, Arc<Peer>) {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", socket.local_addr().unwrap());
        (socket, Client::new().to(&Address::parse(&address).unwrap()))
    }

    async fn request_on(stream: &mut TcpStream) -> Option<String> {
        let (mut text, mut piece) = (String::new(), [0; 256]);
        while !text.ends_with("\r\n\r\n") {
            match stream.read(&mut piece).await.unwrap() {
                0 => return None,
                length => text += std::str::from_utf8(&piece[..length]).unwrap(),
            }
        }
        Some(text)
    }

    async fn open(peer: &Peer, timeout: Duration) -> Result<StatusCode, SendError> {
        let target = PathAndQuery::from_static("/a");
        let call = Call { method: &Method::GET, target: &target, headers: &HeaderMap::new(), body: &Bytes::new() };
        let upstream = peer.open(call, None, timeout).await?;
        let status = upstream.status;
        upstream.body.whole(BODY_BYTES_MAX).await.unwrap();
        Ok(status)
    }

    #[tokio::test]
    async fn an_answer_that_does_not_begin_in_time_is_not_waited_for_on_a_new_connection_or_a_used_one() {
        let (socket, peer) = server().await;
        let server = tokio::spawn(async move {
            for answers in [0, 2] {
                let (mut stream, _) = socket.accept().await.unwrap();
                for _ in 0..answers {
                    let request = request_on(&mut stream).await.unwrap();
                    assert!(request.contains(&format!("host: {}\r\n", stream.local_addr().unwrap())), "{request}");
                    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
                }
                // The next request on it gets no answer; nobody sends a further one there.
                assert!(request_on(&mut stream).await.is_some() && request_on(&mut stream).await.is_none());
            }
        });
        let is_late = |answer| matches!(answer, Err(SendError::TimedOut { after }) if after == SOON);
        assert!(is_late(open(&peer, SOON).await));
        // As long as it takes: an earlier limit is none of later ones.
        for timeout in [SOON, 100 * SOON] {
            assert_eq!(open(&peer, timeout).await.unwrap(), StatusCode::NO_CONTENT);
        }
        assert!(is_late(open(&peer, SOON).await));
        server.await.unwrap();
    }

    #[tokio::test]
    async fn a_peer_that_is_gone_leaves_no_connection_open() {
        let (socket, peer) = server().await;
        let server = tokio::spawn(async move {
            let (mut stream, _) = socket.accept().await.unwrap();
            request_on(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            assert!(request_on(&mut stream).await.is_none());
        });
        open(&peer, SOON).await.unwrap();
        drop(peer);
        tokio::time::timeout(100 * SOON, server).await.unwrap().unwrap();
    }
}
