//! A backend with a login, whose ids and tokens are new each time, and what a person does with it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use understudy_api::Json;

/// A shop with a login, whose ids and tokens are new each time.
#[derive(Default)]
struct Shop {
    items: BTreeMap<u32, String>,
    made: u32,
    logins: u32,
}

impl Shop {
    fn answer(&mut self, method: &str, path: &str, head: &str, body: &str) -> (u16, String, String) {
        let json = |status: u16, text: String| (status, String::new(), text);
        let token = format!("opaque-token-number-{}", self.logins);
        let is_known = self.logins > 0 && head.contains(&format!("authorization: bearer {token}"));
        let id = path.strip_prefix("/items/").and_then(|id| id.parse::<u32>().ok());
        match (method, path) {
            ("POST", "/login") if body.contains("correct horse battery") => {
                self.logins += 1;
                let token = format!("opaque-token-number-{}", self.logins);
                let cookie = format!("set-cookie: sid=session-secret-{}; Path=/; HttpOnly\r\n", self.logins);
                (200, cookie, format!("{{\"access_token\":\"{token}\",\"expires_in\":3600}}"))
            }
            ("POST", "/login") => json(403, "{\"error\":\"wrong password\"}".to_owned()),
            _ if !is_known => json(401, "{\"error\":\"who are you\"}".to_owned()),
            ("GET", "/items") => json(200, format!("[{}]", self.items.values().cloned().collect::<Vec<_>>().join(","))),
            ("POST", "/items") => {
                self.made += 1;
                let id = 100 + self.made + self.logins * 10;
                let item = format!("{{\"id\":{id},{}", &body[1..]);
                self.items.insert(id, item.clone());
                (201, format!("location: /items/{id}\r\n"), item)
            }
            ("GET", _) => match id.and_then(|id| self.items.get(&id)) {
                Some(item) => json(200, item.clone()),
                None => json(404, "{\"error\":\"no such item\"}".to_owned()),
            },
            ("DELETE", _) => match id.and_then(|id| self.items.remove(&id)) {
                Some(_) => (204, String::new(), String::new()),
                None => json(404, "{\"error\":\"no such item\"}".to_owned()),
            },
            _ => json(404, "{}".to_owned()),
        }
    }
}

/// Opens the shop on a port, until the test ends.
pub(crate) fn open_shop() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut shop = Shop::default();
        shop.items.insert(1, "{\"id\":1,\"name\":\"Hat\",\"price\":10.00}".to_owned());
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).unwrap_or(0) <= 2 {
                    break;
                }
                let line = if head.is_empty() { line } else { line.to_ascii_lowercase() };
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let mut words = head.split_whitespace();
            let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            let (status, headers, text) = shop.answer(method, path, &head, &String::from_utf8_lossy(&body));
            let answer = format!(
                "HTTP/1.1 {status} X\r\n{headers}content-type: application/json\r\nserver: shop\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
                text.len()
            );
            let _ = stream.get_mut().write_all(answer.as_bytes());
        }
    });
    port
}

/// One request; its status, header lines and body.
pub(crate) fn send(port: u16, method: &str, path: &str, headers: &[String], body: &str) -> (u16, Vec<String>, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{lines}content-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n").map(str::to_owned);
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    (status, lines.collect(), body.to_owned())
}

/// What a person does, and an archive of it.
pub(crate) struct Session {
    port: u16,
    token: Option<String>,
    entries: Vec<String>,
    pub(crate) answers: Vec<(u16, String)>,
}

impl Session {
    fn ask(&mut self, method: &str, path: &str, body: &str) -> String {
        let mut headers = Vec::new();
        if let Some(token) = &self.token {
            headers.push(format!("authorization: Bearer {token}"));
        }
        if !body.is_empty() {
            headers.push("content-type: application/json".to_owned());
        }
        let (status, answered, text) = send(self.port, method, path, &headers, body);
        let fields = |lines: &[String]| {
            let field = |line: &String| {
                let (name, value) = line.split_once(": ").unwrap();
                format!("{{\"name\":{},\"value\":{}}}", Json::string(name), Json::string(value))
            };
            lines.iter().map(field).collect::<Vec<_>>().join(",")
        };
        let at = self.entries.len();
        let post = if body.is_empty() {
            String::new()
        } else {
            format!(",\"postData\":{{\"mimeType\":\"application/json\",\"text\":{}}}", Json::string(body))
        };
        self.entries.push(format!(
            "{{\"startedDateTime\":\"2026-01-01T00:00:{at:02}.000Z\",\"_resourceType\":\"fetch\",\"request\":{{\"method\":\"{method}\",\"url\":\"http://shop.test{path}\",\"headers\":[{}]{post}}},\"response\":{{\"status\":{status},\"headers\":[{}],\"content\":{{\"mimeType\":\"application/json\",\"text\":{}}}}}}}",
            fields(&headers),
            fields(&answered),
            Json::string(&text)
        ));
        self.answers.push((status, text.clone()));
        text
    }

    /// A person logs in, looks around, makes something, and takes it back.
    pub(crate) fn play(port: u16) -> Self {
        let mut session = Self { port, token: None, entries: Vec::new(), answers: Vec::new() };
        session.ask("GET", "/items", "");
        session.ask("POST", "/login", "{\"user\":\"ada\",\"password\":\"a guess of mine\"}");
        let login = session.ask("POST", "/login", "{\"user\":\"ada\",\"password\":\"correct horse battery\"}");
        let login = Json::parse(login.as_bytes()).unwrap();
        session.token = login.member("access_token").and_then(Json::as_str).map(str::to_owned);
        session.ask("GET", "/items", "");
        session.ask("GET", "/items/1", "");
        let made = session.ask("POST", "/items", "{\"name\":\"Scarf\",\"price\":7.00}");
        let made = Json::parse(made.as_bytes()).unwrap().member("id").unwrap().to_string();
        session.ask("GET", &format!("/items/{made}"), "");
        session.ask("GET", "/items", "");
        session.ask("DELETE", &format!("/items/{made}"), "");
        session.ask("GET", &format!("/items/{made}"), "");
        session
    }

    pub(crate) fn archive(&self) -> String {
        let other = "{\"startedDateTime\":\"2026-01-01T00:00:59.000Z\",\"_resourceType\":\"image\",\"request\":{\"method\":\"GET\",\"url\":\"http://shop.test/logo.png\",\"headers\":[]},\"response\":{\"status\":200,\"headers\":[],\"content\":{}}}";
        let third = "{\"startedDateTime\":\"2026-01-01T00:00:58.000Z\",\"_resourceType\":\"fetch\",\"request\":{\"method\":\"POST\",\"url\":\"https://tracker.test/t\",\"headers\":[]},\"response\":{\"status\":204,\"headers\":[],\"content\":{}}}";
        let failed = "{\"startedDateTime\":\"2026-01-01T00:00:57.000Z\",\"request\":{\"method\":\"GET\",\"url\":\"http://shop.test/x\",\"headers\":[]},\"response\":{\"status\":0,\"headers\":[],\"content\":{}}}";
        format!("{{\"log\":{{\"version\":\"1.2\",\"entries\":[{},{other},{third},{failed}]}}}}", self.entries.join(","))
    }
}
