//! A page in a real browser, on another origin: Debian's package `chromium`, which `cargo xtask test` installs.

use crate::addresses::{Backend, answer};
use crate::program::{Folder, Served};
use std::process::Command;

/// Fetches as pages do, and writes what came of it where `--dump-dom` shows it.
const PAGE: &str = r#"<!doctype html><title>page</title><pre id="out">waiting</pre><script>
const api = "http://localhost:API";
const tell = (line) => { document.getElementById("out").textContent += "\n" + line; };
(async () => {
  const sent = { method: "POST", credentials: "include", headers: { "content-type": "application/json", "x-custom": "yes" }, body: JSON.stringify({ n: 1 }) };
  const made = await fetch(api + "/things", sent);
  tell("made " + made.status + " " + made.headers.get("x-made") + " " + JSON.stringify(await made.json()));
  const missed = await fetch(api + "/nothing", { ...sent, method: "PUT" });
  tell("missed " + missed.status + " " + (await missed.json()).title);
  const other = await fetch(api + "/things", { method: "DELETE", credentials: "include" });
  tell("other " + other.status + " " + other.headers.get("allow"));
  tell("done");
})().catch((error) => tell("failed " + error));
</script>"#;

#[test]
fn a_page_on_another_origin_fetches_with_json_credentials_and_a_header_of_its_own() {
    let api = Folder::with_fixtures(&[(
        "things",
        "request: { method: POST, path: /things, headers: { x-custom: \"yes\" }, body: { json: { n: 1 } } }\nresponse: { status: 201, headers: { x-made: here }, body: { json: { ok: true } } }\n",
    )]);
    let api = Served::new(&api.0, &[]);
    let pages = Folder::with_fixtures(&[(
        "page",
        "request: { path: /page }\nresponse: { body: { file: bodies/page.html } }\n",
    )]);
    pages.write("fixtures/s/bodies/page.html", PAGE.replace("API", &api.port.to_string()));
    let pages = Served::new(&pages.0, &[]);
    let Some(dom) = dom_of(&format!("http://127.0.0.1:{}/page", pages.port)) else { return };
    let expected = "made 201 here {\"ok\":true}\nmissed 404 No fixture answers this request\nother 405 POST\ndone";
    assert!(dom.contains(expected), "{dom}");
}

/// Returns a page as the browser shows it once its script has ended; `None` if there is no browser. `evil.example`,
/// `app.example` and `shop.test` are names of this machine there.
fn dom_of(url: &str) -> Option<String> {
    let profile = Folder::new();
    let mut chromium = Command::new("chromium");
    chromium.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
    ]);
    chromium.args(["--disable-sync", "--disable-quic", "--virtual-time-budget=10000", "--dump-dom"]);
    chromium.arg("--host-resolver-rules=MAP *.example 127.0.0.1, MAP shop.test 127.0.0.1");
    chromium.arg(format!("--user-data-dir={}", profile.0.display())).arg(url);
    match chromium.output() {
        Ok(output) => {
            let (page, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            Some(format!("{page}\n{errors}"))
        }
        Err(error) if std::env::var_os("CI").is_none() => {
            eprintln!("passed over: chromium cannot be started ({error}); `cargo xtask test` installs it");
            None
        }
        Err(error) => panic!("chromium cannot be started: {error}"),
    }
}

/// Tries every way in which a page can send a request, and writes what came of those that it may read. The page's query names
/// the host that it asks.
const ASKING: &str = r#"<!doctype html><title>page</title><pre id="out">waiting</pre><script>
const host = new URLSearchParams(location.search).get("host");
const api = "http://" + host;
const tell = (line) => { document.getElementById("out").textContent += "\n" + line; };
const read = async (name, sent) => {
  try {
    const response = await fetch(api + "/me?" + name, sent);
    tell(name + " " + response.status + " " + response.type + " " + (await response.text()));
  } catch (error) { tell(name + " blocked"); }
};
// A frame that is refused may report nothing: the time is the browser's virtual one.
const loaded = (element, address) => new Promise((done) => {
  setTimeout(done, 1000);
  element.onload = element.onerror = done;
  element.src = api + address;
  document.body.append(element);
});
(async () => {
  await read("simple", { credentials: "include" });
  await read("preflight", { method: "PUT", credentials: "include", headers: { "x-custom": "yes" }, body: "{}" });
  await read("opaque", { mode: "no-cors", method: "POST", body: "a=b" });
  await loaded(new Image(), "/image");
  await loaded(document.createElement("iframe"), "/frame");
  await new Promise((done) => { setTimeout(done, 1000); const socket = new WebSocket("ws://" + host + "/socket"); socket.onerror = socket.onopen = done; });
  tell("done");
})().catch((error) => tell("failed " + error));
</script>"#;

/// CVE-2025-24010 (Vite): any site read the responses of a development server. CVE-2018-14732 (webpack-dev-server): any site
/// opened a WebSocket to one. webpack-dev-server #887 and mitmproxy #3234: a rebound name read what stood behind one.
#[test]
fn before_a_backend_a_page_on_another_site_reads_nothing_and_sends_nothing() {
    let backend = Backend::new(|_, _| answer("200 OK\r\ncontent-type: text/plain\r\nset-cookie: session=1", b"STAGE"));
    let pages = Folder::with_fixtures(&[(
        "page",
        "request: { path: /page }\nresponse: { body: { file: bodies/page.html } }\n",
    )]);
    pages.write("fixtures/s/bodies/page.html", ASKING);
    let pages = Served::new(&pages.0, &[]);
    for mode in ["passthrough", "fallback", "record"] {
        let api = Folder::new();
        let (url, page) = (format!("http://127.0.0.1:{}", backend.port), pages.port);
        api.write("fixtures/s/own.yaml", "request: { path: /own }\nresponse: {}\n");
        api.write(
            "understudy.yaml",
            format!(
                "version: 1\nservices: {{ s: {{ mode: {mode}, hosts: [shop.test], cors: {{ origins: ['http://app.example:{page}'] }}, \
                 backends: {{ b: {{ url: '{url}', headers: {{ authorization: Bearer STAGING }} }} }} }} }}\n"
            ),
        );
        let api = Served::new(&api.0, &[]);
        let open =
            |site: &str, host: &str| dom_of(&format!("http://{site}:{}/page?host={host}:{}", pages.port, api.port));
        let seen = || std::mem::take(&mut *backend.seen.lock().unwrap());

        let Some(dom) = open("evil.example", "localhost") else { return };
        assert!(dom.contains("simple blocked\npreflight blocked\nopaque 0 opaque \ndone"), "{mode}: {dom}");
        assert_eq!(seen(), Vec::<String>::new(), "{mode}");

        // A name that now leads to this machine: the page and the service are of one origin.
        let dom = dom_of(&format!("http://evil.example:{}/me", api.port)).unwrap();
        assert!(
            dom.contains("The host is not allowed") && dom.contains("add evil.example to `hosts: [...]`"),
            "{mode}: {dom}"
        );
        assert_eq!(seen(), Vec::<String>::new(), "{mode}");

        // The developer's own pages: on another port, on another loopback, on a name and on a site that the project lists.
        for (site, host, is_same_site) in [
            ("localhost", "localhost", true),
            ("shop.test", "shop.test", true),
            ("127.0.0.1", "localhost", false),
            ("shop.test", "localhost", false),
            ("app.example", "localhost", false),
        ] {
            let dom = open(site, host).unwrap();
            let expected = "simple 200 cors STAGE\npreflight 200 cors STAGE\nopaque 0 opaque \ndone";
            assert!(dom.contains(expected), "{mode} {site} {host}: {dom}");
            let seen = seen();
            let requests = [
                "GET /me?simple ",
                "PUT /me?preflight ",
                "POST /me?opaque ",
                "GET /image ",
                "GET /frame ",
                "GET /socket ",
            ];
            for request in requests {
                let is_it = |seen: &&String| seen.starts_with(request) && seen.contains("Bearer STAGING");
                assert_eq!(seen.iter().filter(is_it).count(), 1, "{mode} {site} {host} {request}: {seen:#?}");
            }
            // Browsers send the cookies of the backend to the service, if the page is of the same site.
            let put = seen.iter().find(|request| request.starts_with("PUT ")).unwrap();
            assert_eq!(put.contains("session=1"), is_same_site, "{mode} {site} {host}: {put}");
        }
    }
}
