//! Two programs on one project.

use crate::folder::{call, project};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::time::{Duration, Instant};
use understudy_api::{Engine, LogFormat, Requests, ServeRequest, Serving, Target, serve};

async fn port(engine: &Engine) -> Value {
    call(engine, "project", json!({})).await["services"][0]["port"].clone()
}

/// A port that nobody has just now.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let end = Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(Instant::now() < end, "never came: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_app_is_a_view_of_the_first_and_goes_on_when_that_ends() {
    let folder = project("two-apps", 0);
    let first = Engine::open(&folder.0).await.unwrap();
    let second = Engine::open(&folder.0).await.unwrap();
    assert_eq!((first.other().await, second.other().await), (None, Some(std::process::id())));
    assert_eq!(port(&first).await, port(&second).await);
    // What one does, the other can take back.
    let file = json!({ "service": "s", "file": "a.yaml" });
    call(&second, "fixture_delete", file.clone()).await;
    assert!(!folder.0.join("s/a.yaml").exists());
    assert_eq!(call(&first, "undo", json!({})).await["file"], "s/a.yaml");
    assert_eq!(call(&second, "fixture", file.clone()).await["shown"], "s/a.yaml");
    // Whoever waits for news is not left waiting when the first goes, and then all that was known is old.
    let known = call(&second, "changes", json!({ "version": 0, "exchange": 0 })).await;
    let following = {
        let (second, mut version) = (second.clone(), known["version"].clone());
        tokio::spawn(async move {
            loop {
                let news = call(&second, "changes", json!({ "version": version, "exchange": 0 })).await;
                if second.other().await.is_none() {
                    return news;
                }
                version = news["version"].clone();
            }
        })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let closing = Instant::now();
    first.close().await;
    let news = following.await.unwrap();
    assert!(closing.elapsed() < Duration::from_secs(5));
    for counter in ["version", "project", "run", "first_exchange"] {
        assert!(news[counter].as_u64() > known[counter].as_u64(), "{counter}: {news} {known}");
    }
    assert_eq!(second.other().await, None);
    assert!(port(&second).await.is_u64());
    assert_eq!(call(&second, "fixture", file).await["shown"], "s/a.yaml");
    second.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_app_opens_what_a_killed_one_held() {
    let folder = project("killed", 0);
    let state = folder.0.join(".understudy");
    std::fs::create_dir_all(&state).unwrap();
    // What a program leaves behind that could not clean up.
    std::fs::write(state.join("app.lock"), "").unwrap();
    std::fs::write(state.join("app.json"), "{\"pid\":1,\"commands\":{\"port\":9,\"token\":\"x\"}}").unwrap();
    let engine = Engine::open(&folder.0).await.unwrap();
    assert_eq!(engine.other().await, None);
    engine.close().await;
}

async fn serving(folder: &std::path::Path, options: impl FnOnce(&mut ServeRequest)) -> Result<Serving, String> {
    let mut request = ServeRequest {
        trust: understudy_api::Trust::default(),
        target: Target::Project(folder.to_path_buf()),
        allowed: Vec::new(),
        requests: Requests::Refuse,
        poll: None,
        services: Vec::new(),
        port: None,
        host: None,
        backend: None,
        state: Vec::new(),
        log: LogFormat::Text,
    };
    options(&mut request);
    serve(request, Box::new(std::io::sink())).await.map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_leaves_ports_to_the_app_and_takes_them_over() {
    let wanted = free_port();
    let folder = project("serve-second", wanted);
    let app = Engine::open(&folder.0).await.unwrap();
    let second = serving(&folder.0, |_| {}).await.unwrap();
    assert!(second.listening.is_empty());
    assert_eq!((second.elsewhere[0].port, second.elsewhere[0].pid), (wanted, std::process::id()));
    // What the app does not answer with is no reason to leave the port to it.
    let said = serving(&folder.0, |request| request.state = vec![("a".to_owned(), "b".to_owned())]).await.unwrap_err();
    assert!(said.contains("in use"), "{said}");
    app.close().await;
    let (told, mut tells) = tokio::sync::mpsc::unbounded_channel();
    let end = async move { tells.recv().await.unwrap() };
    second.until(end, |_| {}, |news| news.listening.iter().for_each(|_| told.send(()).unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_port_that_the_app_has_is_no_problem_of_every_edit() {
    let folder = project("serve-shared", 0);
    let file = folder.0.join("understudy.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("port: {}\n{text}", free_port())).unwrap();
    let app = Engine::open(&folder.0).await.unwrap();
    let second = serving(&folder.0, |_| {}).await.unwrap();
    assert!(second.elsewhere.iter().any(|waiting| waiting.service.is_none()), "{:?}", second.elsewhere);
    let mut said = Vec::new();
    // The files are read again before anything is waited for.
    second.until(async {}, |_| {}, |news| said.extend(news.problems.iter().map(ToString::to_string))).await;
    assert!(said.is_empty(), "{said:?}");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_says_that_serve_answers_and_takes_over() {
    let wanted = free_port();
    let folder = project("app-second", wanted);
    let first = serving(&folder.0, |_| {}).await.unwrap();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(first.until(async move { drop(ended.await) }, |_| {}, |_| {}));
    let app = Engine::open(&folder.0).await.unwrap();
    let view = call(&app, "project", json!({})).await;
    let said = view["services"][0]["failed"]["message"].as_str().unwrap();
    assert!(said.contains("`understudy serve`") && said.contains("answers there"), "{said}");
    end.send(()).unwrap();
    serving.await.unwrap();
    until("the port", async || port(&app).await == wanted).await;
    app.close().await;
}
