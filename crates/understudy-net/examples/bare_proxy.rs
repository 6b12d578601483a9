//! What `record` is measured against: hyper that passes requests on to one backend and answers back, and nothing else.
//! Connections to the backend are kept and taken again; bodies are passed on as they come.
//!
//! `bare_proxy PORT BACKEND-PORT` goes on until it is killed.

use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::sync::{Arc, Mutex};
use tokio::net::TcpStream;

type Idle = Arc<Mutex<Vec<SendRequest<Incoming>>>>;

async fn connection(backend: u16, idle: &Idle) -> SendRequest<Incoming> {
    while let Some(connection) = { idle.lock().expect("nobody panics").pop() } {
        if connection.is_ready() {
            return connection;
        }
    }
    let stream = TcpStream::connect(("127.0.0.1", backend)).await.expect("the backend is there");
    let _ = stream.set_nodelay(true);
    let (sender, task) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a connection");
    tokio::spawn(task);
    sender
}

async fn pass(
    request: hyper::Request<Incoming>,
    backend: u16,
    idle: Idle,
) -> Result<hyper::Response<Incoming>, hyper::Error> {
    let mut connection = connection(backend, &idle).await;
    let response = connection.send_request(request).await?;
    tokio::spawn(async move {
        if connection.ready().await.is_ok() {
            idle.lock().expect("nobody panics").push(connection);
        }
    });
    Ok(response)
}

fn main() {
    let ports: Vec<u16> = std::env::args().skip(1).filter_map(|port| port.parse().ok()).collect();
    let [port, backend] = ports[..] else { panic!("usage: bare_proxy PORT BACKEND-PORT") };
    let idle = Idle::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    runtime.block_on(async {
        let socket = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
        loop {
            let Ok((stream, _)) = socket.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            let idle = Arc::clone(&idle);
            tokio::spawn(async move {
                let service = service_fn(move |request| pass(request, backend, Arc::clone(&idle)));
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}
