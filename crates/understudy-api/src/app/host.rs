//! The app in a browser: the same commands over HTTP on loopback.
//!
//! Pages of other sites can send requests to loopback too. So nothing is done without the token, which is in the part of
//! the first URL that browsers do not send; a `Host` that is not this server (DNS rebinding) and an `Origin` that is
//! not this page are refused even with it.

use super::{App, Engine, InboxOnly};
use crate::error::{ApiError, Code};
use crate::local::Door;
use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinHandle;
use understudy_net::{BODY_BYTES_MAX, Handler, Host, Inbound, Listener, Outbound, Reply, Stop};

/// Gives a file of the front end by its path: `index.html`, `assets/main.js`.
pub type Assets = fn(&str) -> Option<Bytes>;

/// Where the app is.
#[derive(Debug, Clone)]
pub struct UiAddress {
    /// The URL to open, with the token.
    pub url: String,
    /// The same with a code that is good once: what programs are started with can be seen by everybody on the machine.
    pub once_url: String,
}

/// The app on a port.
#[derive(Debug)]
pub struct UiServer {
    /// Where it is.
    pub address: UiAddress,
    engine: Arc<Engine>,
    commands: CommandHost,
}

impl UiServer {
    /// Ends the app: its services and its own port.
    pub async fn close(self) {
        // Front ends that wait for news of the app hear of its end first, and need not be waited for.
        self.engine.close().await;
        self.commands.close().await;
    }
}

/// A port on which commands are taken.
#[derive(Debug)]
pub(crate) struct CommandHost {
    stop: Stop,
    task: JoinHandle<()>,
}

impl CommandHost {
    fn new(listener: Listener, host: Arc<UiHost>) -> Self {
        let stop = Stop::default();
        Self { task: tokio::spawn(understudy_net::serve(listener, host, &stop)), stop }
    }

    /// Lets open commands end, for a short while.
    pub(crate) async fn close(self) {
        self.stop.stop();
        // A server that panicked has said so itself.
        let _ = self.task.await;
    }
}

/// Who does what is asked for.
pub(crate) enum Doer {
    Engine(Arc<Engine>),
    App(Arc<App>),
    Inbox(Arc<InboxOnly>),
}

impl Doer {
    async fn call(&self, command: &str, request: &[u8]) -> Result<Vec<u8>, ApiError> {
        match self {
            Self::Engine(engine) => engine.call(command, request).await,
            Self::App(app) => app.call(command, request).await,
            Self::Inbox(inbox) => inbox.call(command, request).await,
        }
    }
}

/// Takes commands of other programs of this person, on any free port of the loopbacks.
pub(crate) async fn door(doer: Doer) -> Result<(CommandHost, Door), ApiError> {
    let listener = listen(0).await?;
    let door = Door { port: listener.port(), token: secret()? };
    let host =
        UiHost { hosts: hosts(door.port), doer, assets: |_| None, token: door.token.clone(), once: Mutex::new(None) };
    Ok((CommandHost::new(listener, Arc::new(host)), door))
}

async fn listen(port: u16) -> Result<Listener, ApiError> {
    Listener::bind(Host::Loopbacks, port).await.map_err(|error| {
        ApiError::new(Code::Port, format!("the app: {error}"))
            .with_hint("choose another port: --port N; 0 is any free one")
    })
}

fn hosts(port: u16) -> [String; 3] {
    ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{host}:{port}"))
}

/// Serves the app on loopback; port 0 is any free one.
///
/// # Errors
/// [`Code::Port`] where the port cannot be had; [`Code::NothingToDo`] where this program was built without the front
/// end.
pub async fn serve_ui(engine: Arc<Engine>, assets: Assets, port: u16) -> Result<UiServer, ApiError> {
    if assets("index.html").is_none() {
        return Err(ApiError::new(Code::NothingToDo, "this build of understudy has no front end")
            .with_hint("build that first: npm ci && npm run build, in ui/"));
    }
    let listener = listen(port).await?;
    let port = listener.port();
    let (token, once) = (secret()?, secret()?);
    let at = |fragment: &str| format!("http://localhost:{port}/#{fragment}");
    let address = UiAddress { url: at(&token), once_url: at(&format!("{ONCE}{once}")) };
    let doer = Doer::Engine(Arc::clone(&engine));
    let host = UiHost { hosts: hosts(port), doer, assets, token, once: Mutex::new(Some(once)) };
    Ok(UiServer { address, engine, commands: CommandHost::new(listener, Arc::new(host)) })
}

fn secret() -> Result<String, ApiError> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes)
        .map_err(|error| ApiError::new(Code::Disk, format!("the system gives no randomness: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The maximum size of a code that is good once, in bytes. Anybody may send one.
const CODE_BYTES_MAX: usize = 1_000;

/// What a code that is good once begins with in a URL.
const ONCE: &str = "once-";

/// Takes what the front end's pages ask for.
struct UiHost {
    doer: Doer,
    assets: Assets,
    token: String,
    /// What the token is given for, once.
    once: Mutex<Option<String>>,
    hosts: [String; 3],
}

/// What pages of the app may load: only their own files. Styles come from scripts too (the editor's), which ask for the
/// nonce.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-NONCE'; font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What stands in index.html where the nonce goes.
const NONCE: &str = "__NONCE__";

impl Handler for UiHost {
    fn handle(self: &Arc<Self>, request: Inbound) -> Reply {
        let host = Arc::clone(self);
        Reply::later(async move { host.answer(request).await })
    }
}

impl UiHost {
    async fn answer(&self, request: Inbound) -> Outbound {
        let Inbound { parts, body, .. } = request;
        let header = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let host = parts.uri.authority().map(http::uri::Authority::as_str).or_else(|| header(HOST)).unwrap_or("");
        if !self.hosts.iter().any(|own| own == host) {
            return refuse(StatusCode::FORBIDDEN, "this is not the host of the app");
        }
        let is_own = |origin: &str| self.hosts.iter().any(|own| origin.strip_prefix("http://") == Some(own));
        if header(ORIGIN).is_some_and(|origin| !is_own(origin)) {
            return refuse(StatusCode::FORBIDDEN, "this is not a page of the app");
        }
        match (parts.method.as_str(), parts.uri.path().strip_prefix("/command/")) {
            ("POST", Some("token")) => match body.whole(CODE_BYTES_MAX).await {
                Ok(code) => self.give_token(&code.bytes),
                Err(_) => refuse(StatusCode::PAYLOAD_TOO_LARGE, "the code is longer than any that understudy printed"),
            },
            ("POST", Some(command)) => {
                let given = header(AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("");
                if !is_same(given, &self.token) {
                    return refuse(
                        StatusCode::UNAUTHORIZED,
                        "the token is missing or another one: open the URL that understudy printed",
                    );
                }
                let Ok(body) = body.whole(BODY_BYTES_MAX).await else {
                    return refuse(StatusCode::BAD_REQUEST, "the request did not arrive");
                };
                self.command(command, &body.bytes).await
            }
            (_, None) if matches!(parts.method, Method::GET | Method::HEAD) => self.asset(parts.uri.path()),
            _ => refuse(StatusCode::NOT_FOUND, "there is nothing here"),
        }
    }

    async fn command(&self, command: &str, body: &[u8]) -> Outbound {
        match self.doer.call(command, body).await {
            Ok(response) => json(StatusCode::OK, response),
            Err(error) => json(StatusCode::UNPROCESSABLE_ENTITY, serde_json::to_vec(&error).expect("an error is JSON")),
        }
    }

    fn give_token(&self, code: &[u8]) -> Outbound {
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        let given = std::str::from_utf8(code).unwrap_or("");
        if !once.as_ref().is_some_and(|once| is_same(given, once)) {
            return refuse(
                StatusCode::UNAUTHORIZED,
                "this link was opened before: open the URL that understudy printed",
            );
        }
        *once = None;
        json(StatusCode::OK, serde_json::to_vec(&self.token).expect("a text is JSON"))
    }

    fn asset(&self, path: &str) -> Outbound {
        let path = if path == "/" { "index.html" } else { path.trim_start_matches('/') };
        let Some(content) = (self.assets)(path) else { return refuse(StatusCode::NOT_FOUND, "there is no such file") };
        let mut headers = safe_headers();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
        if path != "index.html" {
            return Outbound::whole(StatusCode::OK, headers, content);
        }
        // As random as the token, and another one: a nonce is there to be read.
        let Ok(nonce) = secret() else {
            return refuse(StatusCode::INTERNAL_SERVER_ERROR, "the system gives no randomness");
        };
        let policy = HeaderValue::from_str(&CSP.replace("NONCE", &nonce)).expect("a policy is plain text");
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        let page = String::from_utf8_lossy(&content).replace(NONCE, &nonce);
        Outbound::whole(StatusCode::OK, headers, page.into())
    }
}

/// Takes as long wherever the two differ.
fn is_same(given: &str, token: &str) -> bool {
    given.len() == token.len() && given.bytes().zip(token.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

fn safe_headers() -> HeaderMap {
    HeaderMap::from_iter([
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ])
}

fn json(status: StatusCode, body: Vec<u8>) -> Outbound {
    let mut headers = safe_headers();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Outbound::whole(status, headers, body.into())
}

fn refuse(status: StatusCode, why: &'static str) -> Outbound {
    let mut headers = safe_headers();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Outbound::whole(status, headers, Bytes::from_static(why.as_bytes()))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
