//! Whole peers on sockets of this machine: a client that sends anything, and a backend that does.

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, StatusCode};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;
use understudy_net::{Address, Call, Client, Handler, Host, Inbound, Listener, Outbound, Reply, Stop, serve};

/// No peer waits longer than this for anything.
const TIME_MAX: Duration = Duration::from_secs(8);
/// Bodies are read up to this many bytes.
const BODY_BYTES_MAX: usize = 1 << 20;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads can be started")
});

/// Responds with the number of bytes in the body.
struct Counting;

impl Handler for Counting {
    fn handle(self: &Arc<Self>, request: Inbound) -> Reply {
        let hosts = request.parts.headers.get_all("host").iter().count();
        assert!(hosts == 1 || request.parts.version != http::Version::HTTP_11, "{hosts} hosts");
        Reply::later(async move {
            let (status, text) = match request.body.whole(BODY_BYTES_MAX).await {
                Ok(body) => (StatusCode::OK, body.bytes.len().to_string()),
                Err(problem) => (StatusCode::BAD_REQUEST, format!("{problem:?}")),
            };
            Outbound::whole(status, HeaderMap::new(), text.into())
        })
    }
}

static SERVER: LazyLock<u16> = LazyLock::new(|| {
    RUNTIME.block_on(async {
        let host = Host::Only(std::net::Ipv4Addr::LOCALHOST.into());
        let listener = Listener::bind(host, 0).await.expect("a port is free");
        let port = listener.port();
        // Dropping it would stop the server.
        let stop: &Stop = Box::leak(Box::default());
        tokio::spawn(serve(listener, Arc::new(Counting), stop));
        port
    })
});

/// Whatever a client sends, it gets whole responses of HTTP/1.1, in time, and none that it did not ask for.
pub(crate) fn server(data: &[u8]) {
    // Another protocol, whose frames are not read here.
    if data.starts_with(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
        return;
    }
    let mut stream = TcpStream::connect(("127.0.0.1", *SERVER)).expect("the server listens");
    stream.set_read_timeout(Some(TIME_MAX)).expect("a socket takes a timeout");
    // A server that closes early reads no more.
    let _ = stream.write_all(data).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut received = Vec::new();
    match stream.read_to_end(&mut received) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return,
        Err(error) => panic!("after {} bytes: {error}", received.len()),
    }
    let (mut rest, mut count) = (&received[..], 0);
    while !rest.is_empty() {
        let mut fields = [httparse::EMPTY_HEADER; 32];
        let mut head = httparse::Response::new(&mut fields);
        let Ok(httparse::Status::Complete(length)) = head.parse(rest) else {
            panic!("no head: {:?}", String::from_utf8_lossy(rest));
        };
        let code = head.code.expect("a head has a status");
        let declared = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
        let declared = declared.and_then(|field| std::str::from_utf8(field.value).ok()?.parse::<usize>().ok());
        rest = &rest[length..];
        if code >= 200 {
            count += 1;
            // A response to HEAD declares the length that its body would have: the next head follows at once.
            let body = declared.unwrap_or(0).min(rest.len());
            let is_headless = rest.is_empty() || rest.starts_with(b"HTTP/1.1 ") || rest.starts_with(b"HTTP/1.0 ");
            rest = if is_headless { rest } else { &rest[body..] };
        }
    }
    // A request has at least a line, and hyper's refusal ends the connection.
    let lines = data.iter().filter(|byte| **byte == b'\n').count();
    assert!(count <= lines + 1, "{count} responses to {lines} lines");
}

/// The bytes that the backend sends on the next connection.
static SENT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

static BACKEND: LazyLock<Address> = LazyLock::new(|| {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // The head of the request, which fits into one packet.
            let _ = stream.read(&mut [0; 4 << 10]);
            let sent = std::mem::take(&mut *SENT.lock().unwrap_or_else(PoisonError::into_inner));
            let _ = stream.write_all(&sent).and_then(|()| stream.shutdown(Shutdown::Write));
            let _ = stream.read(&mut [0; 64]);
        }
    });
    Address::parse(&format!("http://127.0.0.1:{port}")).expect("it is an address")
});

/// Whatever a backend sends, the client gets a response or the reason why there is none, in time.
pub(crate) fn backend(data: &[u8]) {
    data.clone_into(&mut SENT.lock().unwrap_or_else(PoisonError::into_inner));
    let (target, headers, body) = (PathAndQuery::from_static("/"), HeaderMap::new(), Bytes::new());
    let call = Call { method: &Method::GET, target: &target, headers: &headers, body: &body };
    // No connection is left over for the next input.
    let peer = Client::new().to(&BACKEND);
    let sent = RUNTIME.block_on(async { peer.send_for(BODY_BYTES_MAX, call, TIME_MAX).await });
    match sent {
        Ok((status, _, body)) => {
            // Another protocol that nobody asked for is a response without a body.
            let is_final = status.as_u16() >= 200 || status == StatusCode::SWITCHING_PROTOCOLS;
            assert!(is_final && body.len() <= data.len(), "{status}, {} bytes", body.len());
        }
        Err(error) => assert!(!format!("{error}").contains("time"), "{error}"),
    }
}
