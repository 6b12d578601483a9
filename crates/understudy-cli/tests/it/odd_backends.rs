//! Backends that are not quite as the standards have them, as `verify` and recordings meet them.

use crate::addresses::{Backend, answer};
use crate::program::{Folder, run};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

/// Verifies fixtures against a backend, and returns the exit code, the output and the project.
fn verified(backend: &Backend, fixtures: &[(&str, &str)], args: &[&str]) -> (i32, String, Folder) {
    let folder = Folder::with_fixtures(fixtures);
    let url = format!("http://127.0.0.1:{}", backend.port);
    let verify = [&["verify", "--backend", &url, "--allow-writes"][..], args].concat();
    let (exit, stdout, stderr) = run(&folder.0, &verify);
    (exit, stdout + &stderr, folder)
}

fn bare_deflate(text: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn codings_are_read_as_browsers_read_them() {
    let backend = Backend::new(|path, _| match path {
        // rest-client #49, axios pull request 5497: IIS sends deflate without the frame of zlib.
        "/bare" => {
            answer("200 OK\r\ncontent-type: application/json\r\ncontent-encoding: deflate", &bare_deflate("{\"a\":1}"))
        }
        // httpx #195, locust #1233: a charset in the wrong field.
        _ => answer("200 OK\r\ncontent-type: application/json\r\ncontent-encoding: UTF-8", b"{\"a\":1}"),
    });
    let fixture = |path: &str| format!("request: {{ path: {path} }}\nresponse: {{ body: {{ json: {{ a: 1 }} }} }}\n");
    let (exit, output, _) = verified(&backend, &[("bare", &fixture("/bare")), ("charset", &fixture("/charset"))], &[]);
    assert!(exit == 0 && output.contains("2 kept"), "{output}");
}

/// MockServer #831, apify/impit pull request 434, dotnet/yarp #440: two different names were both read as nothing.
#[test]
fn header_fields_in_latin_1_are_read() {
    let backend = Backend::new(|_, _| {
        let head = b"HTTP/1.1 200 OK\r\nx-name: caf\xE9\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        head.to_vec()
    });
    let fixture = |name: &str| format!("request: {{ path: /a }}\nresponse: {{ headers: {{ x-name: {name} }} }}\n");
    let (exit, output, _) = verified(&backend, &[("a", &fixture("caf\u{e9}"))], &[]);
    assert_eq!(exit, 0, "{output}");
    let (exit, output, folder) = verified(&backend, &[("a", &fixture("caf\u{e8}"))], &["--accept"]);
    assert!(exit == 0 && output.contains("received  caf\u{e9}"), "{output}");
    let written = std::fs::read_to_string(folder.0.join("fixtures/s/a.yaml")).unwrap();
    assert_eq!(written, fixture("\"caf\u{e9}\""));
}

/// json-server #1169, Budibase #8628: the parameter of the next page was everything up to the end of the field.
#[test]
fn the_next_page_is_found_in_the_link_field() {
    let backend = Backend::new(|path, _| match path {
        "/pets?page=1" => answer(
            "200 OK\r\nlink: <https://api.test/pets?page=0>; rel=\"prev\", </pets?page=a%3D2>; rel=\"next\"",
            b"",
        ),
        "/pets?page=a%3D2" => answer("204 No Content", b""),
        _ => answer("404 Not Found", b""),
    });
    let first = "request: { path: /pets, query: { page: 1 } }\nresponse: {}\nverify: { capture: { next: { header: link, query: page } } }\n";
    let second =
        "request: { path: /pets, query: { page: '{{next}}' } }\nresponse: { status: 204 }\nverify: { after: first }\n";
    let (exit, output, _) = verified(&backend, &[("first", first), ("second", second)], &["--strict"]);
    assert_eq!(exit, 0, "{output}");
}

/// A captured `null` or empty text is another resource, such as the list of all: deleting it would be a catastrophe.
#[test]
fn a_captured_value_that_names_another_resource_is_not_sent() {
    let backend = Backend::new(|path, _| match path {
        "/a" => answer("200 OK\r\ncontent-type: application/json", b"{\"id\":null,\"name\":\"\"}"),
        _ => answer("204 No Content", b""),
    });
    let make = "request: { path: /a }\nresponse: {}\nverify: { capture: { id: $.id, name: $.name } }\n";
    let remove = |value: &str| {
        format!(
            "request: {{ method: DELETE, path: '/pets/{{{{{value}}}}}' }}\nresponse: {{ status: 204 }}\nverify: {{ after: make }}\n"
        )
    };
    let (_, output, _) =
        verified(&backend, &[("make", make), ("null", &remove("id")), ("empty", &remove("name"))], &[]);
    assert!(output.contains("{{id}} cannot be sent: its value is null, which only JSON can hold"), "{output}");
    assert!(output.contains("the segment {{name}} of the path cannot be sent: its value is empty"), "{output}");
    assert_eq!(backend.seen.lock().unwrap().len(), 1);
}
