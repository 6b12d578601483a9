//! A project in a folder of its own.

use serde_json::Value;
use std::path::PathBuf;
use understudy_api::Engine;

pub(crate) struct Folder(pub(crate) PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A project with one service, whose port is this one.
pub(crate) fn project(name: &str, port: u16) -> Folder {
    let folder = std::env::temp_dir().join(format!("understudy-api-{name}-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("s")).unwrap();
    let file = format!("version: 1\nservices: {{ s: {{ dir: s, port: {port} }} }}\n");
    std::fs::write(folder.join("understudy.yaml"), file).unwrap();
    std::fs::write(folder.join("s/a.yaml"), "request: { path: /a }\nresponse: { status: 204 }\n").unwrap();
    std::fs::write(folder.join("outside.yaml"), "request: { path: /outside }\n").unwrap();
    Folder(folder)
}

/// Asks an engine, which knows the answer.
pub(crate) async fn call(engine: &Engine, command: &str, request: Value) -> Value {
    let answer = engine.call(command, request.to_string().as_bytes()).await;
    serde_json::from_slice(&answer.unwrap_or_else(|error| panic!("{command}: {error}"))).unwrap()
}
