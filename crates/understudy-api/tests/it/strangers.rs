//! A cloned project that is made to hurt, in the app.

use crate::folder::{call, project};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use understudy_api::Engine;

#[tokio::test(flavor = "multi_thread")]
async fn the_app_shows_what_leads_out_and_reads_and_writes_none_of_it() {
    let folder = project("stranger", 0);
    let outside = project("stranger-outside", 0);
    let secret = "request: { path: /secret }\nresponse: { body: { text: TOPSECRET } }\n";
    fs::write(outside.0.join("secret.yaml"), secret).unwrap();
    let file = "version: 1\nservices:\n  s: { dir: s }\n  t: { dir: ../understudy-api-stranger-outside }\n";
    let outside_name = outside.0.file_name().unwrap().to_str().unwrap();
    fs::write(folder.0.join("understudy.yaml"), file.replace("understudy-api-stranger-outside", outside_name)).unwrap();
    symlink(outside.0.join("secret.yaml"), folder.0.join("s/link.yaml")).unwrap();
    symlink(&outside.0, folder.0.join("s/folder")).unwrap();
    symlink(&outside.0, folder.0.join(".understudy")).unwrap();
    let before: Vec<_> = fs::read_dir(&outside.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();

    let engine = Engine::open(&folder.0).await.unwrap();
    let shown = call(&engine, "project", json!({})).await.to_string();
    for place in ["s/link.yaml", "s/folder", "understudy.yaml", ".understudy"] {
        assert!(shown.contains(&format!("\"file\":\"{place}\"")), "{place}: {shown}");
    }
    let allowed = outside.0.canonicalize().unwrap();
    assert!(shown.contains(&format!("--allow-outside {}", allowed.display())), "{shown}");
    let found = call(&engine, "search", json!({ "text": "TOPSECRET" })).await;
    assert_eq!(found["hits"], json!([]));
    for (service, file) in [("s", "link.yaml"), ("s", "folder/secret.yaml"), ("t", "secret.yaml")] {
        let request = json!({ "service": service, "file": file, "text": "x", "base": null, "typed": false });
        for command in ["fixture", "fixture_save", "fixture_delete", "fixture_duplicate"] {
            let error = engine.call(command, request.to_string().as_bytes()).await.unwrap_err();
            assert!(!error.to_string().contains("TOPSECRET"), "{command} {file}: {error}");
        }
    }
    engine.call("fixture_new", br#"{"service": "t"}"#).await.unwrap_err();
    engine.close().await;
    let after: Vec<_> = fs::read_dir(&outside.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(before, after);
    assert_eq!(fs::read_to_string(outside.0.join("secret.yaml")).unwrap(), secret);
}
