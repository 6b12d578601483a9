//! What a description names on other machines: never asked for by itself, saved beside it when somebody wants that.

use crate::program::{Folder, Served, run};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

/// A machine with files; tells which are asked for.
fn machine(files: &'static [(&'static str, &'static str)]) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut line, mut first) = (String::new(), String::new());
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                if first.is_empty() {
                    first = line.split(' ').nth(1).unwrap_or("").to_owned();
                }
                line.clear();
            }
            let answer = match files.iter().find(|(path, _)| *path == first) {
                Some((_, text)) if text.starts_with("to ") => {
                    format!(
                        "HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                        &text[3..]
                    )
                }
                Some((_, text)) => {
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len())
                }
                None => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
            };
            let _ = reader.get_mut().write_all(answer.as_bytes());
            let _ = tell.send(first);
        }
    });
    (port, told)
}

#[test]
fn what_is_on_other_machines_is_saved_when_it_is_asked_for_and_read_from_there() {
    let (port, asked) = machine(&[
        (
            "/api/common.yaml",
            "Item:\n  type: object\n  required: [id]\n  properties:\n    id: { $ref: 'parts/id.yaml#/Id' }\n",
        ),
        ("/api/parts/id.yaml", "to /moved/id.yaml"),
        ("/moved/id.yaml", "Id: { type: integer, enum: [7] }\n"),
    ]);
    let folder = Folder::new();
    folder.write(
        "api/shop.yaml",
        format!(
            "openapi: 3.0.3\ninfo: {{ title: Shop, version: '1' }}\npaths:\n  /items:\n    get:\n      responses:\n        '200': {{ description: ok, content: {{ application/json: {{ schema: {{ $ref: 'http://127.0.0.1:{port}/api/common.yaml#/Item' }} }} }} }}\n        '404': {{ $ref: 'http://127.0.0.1:{port}/gone.yaml#/None' }}\n"
        ),
    );
    let copies = folder.0.join(format!("api/.refs/http/127.0.0.1+{port}"));
    let description = folder.0.join("api/shop.yaml");
    let (_, _, before) = run(&folder.0, &["diff", "api/shop.yaml", "api/shop.yaml"]);
    assert!(asked.try_recv().is_err(), "nothing is asked for by itself: {before}");

    let (exit, said, stderr) = run(&folder.0, &["fetch", "api/shop.yaml"]);
    assert_eq!((exit, &*stderr), (3, ""), "{said}");
    for line in [
        format!("saved .refs/http/127.0.0.1+{port}/api/common.yaml  http://127.0.0.1:{port}/api/common.yaml"),
        format!("saved .refs/http/127.0.0.1+{port}/api/parts/id.yaml  http://127.0.0.1:{port}/api/parts/id.yaml"),
        format!("left http://127.0.0.1:{port}/gone.yaml: it was answered with 404 Not Found"),
    ] {
        assert!(said.contains(&line), "{line}\n{said}");
    }
    assert!(fs::read_to_string(copies.join("api/parts/id.yaml")).unwrap().starts_with("Id: "));
    let all: Vec<String> = asked.try_iter().collect();
    assert_eq!(all.len(), 4, "{all:?}");

    // From now on it is read from there, with no network.
    let served = Served::with_args(&["--openapi", description.to_str().unwrap(), "--port", "0"]);
    assert!(served.request("GET /items", &[], "").ends_with("{\"id\":7}"));
    // What could not be had is asked for again, and nothing else.
    let (exit, said, _) = run(&folder.0, &["fetch", "api/shop.yaml"]);
    assert!(exit == 3 && !said.contains("saved"), "{said}");
    assert_eq!(asked.try_iter().collect::<Vec<_>>(), ["/gone.yaml"]);
    folder.write(&format!("api/.refs/http/127.0.0.1+{port}/gone.yaml"), "None: { description: none }\n");
    let (exit, said, _) = run(&folder.0, &["fetch", "api/shop.yaml"]);
    assert_eq!((exit, &*said), (0, "it names nothing on other machines that is not there\n"));
    assert!(asked.try_recv().is_err());
}
