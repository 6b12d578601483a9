//! A page in a real browser, on another origin: Debian's package `chromium`, which `cargo xtask test` installs.

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
    chromium
        .arg(format!("--user-data-dir={}", profile.0.display()))
        .arg(format!("http://127.0.0.1:{}/page", pages.port));
    let output = match chromium.output() {
        Ok(output) => output,
        Err(error) if std::env::var_os("CI").is_none() => {
            eprintln!("passed over: chromium cannot be started ({error}); `cargo xtask test` installs it");
            return;
        }
        Err(error) => panic!("chromium cannot be started: {error}"),
    };
    let dom = String::from_utf8_lossy(&output.stdout);
    let expected = "made 201 here {\"ok\":true}\nmissed 404 No fixture answers this request\nother 405 POST\ndone";
    assert!(dom.contains(expected), "{dom}\n{}", String::from_utf8_lossy(&output.stderr));
}
