//! A server of HTTP/1.1 and, with prior knowledge, HTTP/2.

use crate::conformance;
use crate::edit::Edited;
use crate::file::FileBody;
use crate::idle::{Activity, Connections, Counted, IDLE_PERIOD, TICK, UnderWay};
use crate::interim::{Early, Interim};
use crate::listener::Listener;
use crate::message::{Inbound, Line, Outbound, OutboundBody, Reply, Stream};
use crate::passing::Passing;
use crate::places::Places;
use crate::refusal::{Refusal, Respond};
use crate::upgrade::Upgrade;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Version};
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How large the request line and header fields may be together. The request line alone may have 64 KiB (hyper's
/// bound, answered with 414): room beyond that lets a line that is too long be read to its end and answered.
pub const HEADER_BYTES_MAX: usize = 256 << 10;
/// The maximum number of connections of a port. One more ends the connection that has been idle for
/// longest. If something is under way on all of them, it waits.
pub const CONNECTIONS_MAX: usize = 4_096;
/// How many requests an HTTP/2 connection has at once.
const STREAMS_MAX: u32 = 256;
/// How long open requests may take once the server is asked to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);
/// The pause after the system refuses a connection, which it does when it runs out of something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers requests.
pub trait Handler: Send + Sync + 'static {
    /// The answer to a request, or how it comes about. Called on the path of requests: what is to be waited for is waited
    /// for in what it gives.
    fn handle(self: &Arc<Self>, request: Inbound) -> Reply;

    /// The response to a request that was refused before it could be handled.
    fn refused(&self, refusal: &Refusal) -> Outbound {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))]);
        Outbound::whole(refusal.status, headers, refusal.reason.to_string().into())
    }

    /// Reports something about the connections of the port, in a line for the log.
    fn noticed(&self, _notice: &str) {}
}

/// Asks servers to stop. Dropping it asks too.
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::channel(false).0)
    }
}

impl Stop {
    /// Asks every server that listens for it to take no more connections and end.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    fn subscribe(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }
}

/// Serves a port until `stop`; then lets open requests end, for a short while.
pub fn serve<H: Handler>(listener: Listener, handler: Arc<H>, stop: &Stop) -> impl Future<Output = ()> + Send + use<H> {
    let stopped = stop.subscribe();
    async move {
        let mut sockets = listener.sockets.into_iter();
        let connections = Connections::default();
        let places = Places::new(&connections);
        let first = accept(sockets.next(), &handler, &places, stopped.clone());
        let second = accept(sockets.next(), &handler, &places, stopped.clone());
        let sweeping = async {
            let ticks = IDLE_PERIOD.as_secs() / TICK.as_secs();
            loop {
                for _ in 0..ticks {
                    tokio::time::sleep(TICK).await;
                    connections.tick();
                    if let Some(notice) = places.notice() {
                        handler.noticed(&notice);
                    }
                }
                connections.sweep();
            }
        };
        tokio::select! {
            _ = async { tokio::join!(first, second) } => {}
            () = sweeping => {}
        }
        let _ = tokio::time::timeout(STOP_TIMEOUT, connections.ended()).await;
        connections.end();
    }
}

async fn accept<H: Handler>(
    socket: Option<TcpListener>,
    handler: &Arc<H>,
    places: &Places<'_>,
    mut stopped: watch::Receiver<bool>,
) {
    let Some(socket) = socket else { return };
    let respond = {
        let handler = Arc::clone(handler);
        Respond(Arc::new(move |refusal| handler.refused(refusal)))
    };
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        let Ok((stream, _)) = accepted else {
            // The process may have as many files open as it is allowed to.
            places.make_room();
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let slot = tokio::select! {
            slot = places.take() => slot,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        let handler = Arc::clone(handler);
        let activity = places.connections.activity();
        let task = tokio::spawn({
            let (activity, respond) = (Arc::clone(&activity), respond.clone());
            async move {
                connection(stream, handler, activity, respond).await;
                drop(slot);
            }
        });
        places.connections.watch(activity, task.abort_handle());
    }
}

async fn connection<H: Handler>(stream: TcpStream, handler: Arc<H>, activity: Arc<Activity>, respond: Respond) {
    // Answers are small and whole: waiting for more to send with them only costs time.
    let _ = stream.set_nodelay(true);
    let mut builder = Builder::new(TokioExecutor::new());
    // Heads are not timed one by one: see `idle`. Answers to pipelined requests are not collected either
    // (`pipeline_flush`): hyper 1.12 then never sends its own 414 and 431.
    builder.http1().header_read_timeout(None).max_buf_size(HEADER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_BYTES_MAX as u32);
    let early = Arc::default();
    let stream = TokioIo::new(Counted::new(stream, Arc::clone(&activity), Arc::clone(&early), respond));
    let service = service_fn(move |request| {
        let under_way = activity.begin();
        let reply = match conformance::refuse(&request) {
            None => handler.handle(inbound(request, &early)),
            Some(refusal) => Reply::Now(handler.refused(&refusal)),
        };
        async move {
            let outbound = match reply {
                Reply::Now(outbound) => outbound,
                Reply::Later(answer) => answer.await,
            };
            Ok::<_, Infallible>(response(outbound, under_way))
        }
    });
    // A peer that goes away or does not keep to the protocol is no business of anybody's.
    let _ = builder.serve_connection_with_upgrades(stream, service).await;
}

/// The content of an answer on its way out.
enum Answer {
    Whole(Full<Bytes>),
    /// The request is under way until the last of it was passed on.
    PassedOn(Passing, #[expect(dead_code, reason = "it is there for as long as the answer is")] UnderWay),
    Edited(Box<Edited>, #[expect(dead_code, reason = "as before")] UnderWay),
    File(Box<FileBody>, #[expect(dead_code, reason = "as before")] UnderWay),
}

/// Why a response broke off.
type Broken = Box<dyn std::error::Error + Send + Sync>;

impl Body for Answer {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::PassedOn(body, _) => Pin::new(body).poll_frame(context).map_err(Into::into),
            Self::Edited(body, _) => Pin::new(&mut **body).poll_frame(context).map_err(Into::into),
            Self::File(body, _) => Pin::new(&mut **body).poll_frame(context).map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::PassedOn(body, _) => body.is_end_stream(),
            Self::Edited(body, _) => body.is_end_stream(),
            Self::File(body, _) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::PassedOn(body, _) => body.size_hint(),
            Self::Edited(body, _) => body.size_hint(),
            Self::File(body, _) => body.size_hint(),
        }
    }
}

fn inbound(request: hyper::Request<Incoming>, early: &Arc<Early>) -> Inbound {
    // Older clients know nothing of answers before the answer.
    let interim = (request.version() == Version::HTTP_11).then(|| Interim::new(early));
    let (mut parts, body) = request.into_parts();
    let line = Line { upgrade: Upgrade::of(&mut parts.extensions), interim };
    Inbound { parts, body: Stream(Passing::new(body)), line }
}

fn response(outbound: Outbound, under_way: UnderWay) -> hyper::Response<Answer> {
    under_way.answered();
    let body = match outbound.body {
        OutboundBody::Whole(bytes) => Answer::Whole(Full::new(bytes)),
        OutboundBody::Stream(stream) => Answer::PassedOn(stream.0, under_way),
        OutboundBody::Edited(stream) => Answer::Edited(stream.0, under_way),
        OutboundBody::File(body) => Answer::File(body, under_way),
    };
    let mut response = hyper::Response::new(body);
    *response.status_mut() = outbound.status;
    *response.headers_mut() = outbound.headers;
    response
}
