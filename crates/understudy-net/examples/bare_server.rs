//! What `serve` is measured against: hyper with one fixed answer and nothing else. Same header fields, same
//! bytes, no-delay, tokio's multi-thread runtime; header fields and body are cloned for each answer.
//!
//! `bare_server PORT BODY-FILE [HEADER VALUE]...` serves until it is killed.

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(port), Some(file)) = (args.next().and_then(|port| port.parse::<u16>().ok()), args.next()) else {
        panic!("usage: bare_server PORT BODY-FILE [HEADER VALUE]...");
    };
    let body = Bytes::from(std::fs::read(file).expect("the body's file can be read"));
    let mut headers = http::HeaderMap::new();
    while let (Some(name), Some(value)) = (args.next(), args.next()) {
        let name = http::HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        headers.append(name, http::HeaderValue::from_str(&value).expect("a header's value"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    runtime.block_on(async {
        let socket = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
        loop {
            let Ok((stream, _)) = socket.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            let (headers, body) = (headers.clone(), body.clone());
            tokio::spawn(async move {
                let service = service_fn(move |_| {
                    let mut response = hyper::Response::new(Full::new(body.clone()));
                    response.headers_mut().clone_from(&headers);
                    async move { Ok::<_, Infallible>(response) }
                });
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}
