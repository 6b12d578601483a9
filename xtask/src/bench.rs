//! How fast Understudy is, as ratios to bare hyper within one run: configurations take turns, and medians are printed
//! with their spread. Everything is on loopback and ends by itself.

use crate::step::{Step, cargo, install};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often configurations take turns; `UNDERSTUDY_BENCH_ROUNDS` changes it.
const ROUNDS: usize = 7;
const STUBS: [usize; 3] = [1, 1_000, 10_000];
/// How long each is asked.
const LOAD: &str = "3s";
/// How long, where all of them are there at once and take more turns.
const TURN: &str = "1s";
/// How many turns a round has then.
const TURNS: usize = 3;

/// About a kilobyte, the same in fixtures and in bare hyper's answer.
fn body() -> String {
    let item = |id: usize| format!("{{\"id\":{id},\"name\":\"item {id}\",\"price\":1.50,\"tags\":[\"a\",\"b\"]}}");
    let items: Vec<String> = (10..30).map(item).collect();
    format!("{{\"id\":1,\"items\":[{}]}}", items.join(","))
}

type Part = fn(&Bench);

/// The benchmarks by name.
const PARTS: [(&str, Part); 5] = [
    ("serve", Bench::serving),
    ("describe", Bench::describing),
    ("record", Bench::recording),
    ("pass", Bench::passing_a_gibibyte),
    ("verify", Bench::verifying),
];

/// Runs the named benchmarks, or all of them.
pub(crate) fn run(names: &[String]) -> Step {
    if let Some(unknown) = names.iter().find(|name| PARTS.iter().all(|(part, _)| part != name)) {
        return Err(format!("`{unknown}` is none of the parts: {}", PARTS.map(|(name, _)| name).join(", ")));
    }
    install(&[("wrk", "wrk")])?;
    // In one go: built one by one, the two would take turns with the features of what they share.
    let packages = ["--package", "understudy-cli", "--package", "understudy-net"];
    cargo(&[&["build", "--release", "--bins", "--examples"], packages.as_slice()].concat())?;
    let folder = Folder(std::env::temp_dir().join(format!("understudy-bench-{}", std::process::id())));
    let rounds = std::env::var("UNDERSTUDY_BENCH_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    let bench = Bench { folder, target: Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release"), rounds };
    bench.prepare().map_err(|error| format!("failed to prepare: {error}"))?;
    for (_, part) in PARTS.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|wanted| wanted == name)) {
        part(&bench);
    }
    Ok(())
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Bench {
    folder: Folder,
    target: PathBuf,
    rounds: usize,
}

/// A server that ends when it is dropped.
struct Server {
    child: Child,
    port: u16,
    /// From its start to its first answer.
    first_answer: Duration,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(mut command: Command, port: u16) -> Self {
        Self::start_with(&mut command, port)
    }

    fn start_with(command: &mut Command, port: u16) -> Self {
        let began = Instant::now();
        let child = command.stdin(Stdio::null()).spawn().expect("the program starts");
        while !answers(port) {
            assert!(began.elapsed() < Duration::from_secs(20), "no answer on port {port}");
            std::thread::sleep(Duration::from_millis(1));
        }
        Self { child, port, first_answer: began.elapsed() }
    }

    fn resident_mebibytes(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1_024.0
    }

    /// Requests a second and the 99th percentile in milliseconds, with 32 connections asking for random stubs.
    fn load(&self, script: &Path, time: &str) -> (f64, f64) {
        let url = format!("http://127.0.0.1:{}/", self.port);
        let mut wrk = Command::new("wrk");
        wrk.args(["--threads", "1", "--connections", "32", "--duration", time, "--latency", "--script"])
            .arg(script)
            .arg(url);
        let text = String::from_utf8_lossy(&wrk.output().expect("wrk runs").stdout).into_owned();
        assert!(!text.contains("Non-2xx"), "{text}");
        let word = |start: &str| {
            text.lines()
                .find(|line| line.trim_start().starts_with(start))
                .and_then(|line| line.split_whitespace().last())
                .unwrap_or("0")
                .to_owned()
        };
        let p99 = word("99%");
        let millis = if let Some(us) = p99.strip_suffix("us") {
            us.parse().unwrap_or(0.0) / 1_000.0
        } else {
            p99.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().unwrap_or(0.0)
        };
        (word("Requests/sec:").parse().unwrap_or(0.0), millis)
    }
}

fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
    let mut start = [0; 12];
    stream.write_all(b"GET /items/0 HTTP/1.1\r\nhost: s\r\n\r\n").is_ok()
        && stream.read_exact(&mut start).is_ok()
        && start.ends_with(b"200")
}

/// The body of one answer.
fn body_of(port: u16) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let mut answer = Vec::new();
    stream.write_all(b"GET /items/7 HTTP/1.1\r\nhost: s\r\nconnection: close\r\n\r\n").expect("it takes a request");
    stream.read_to_end(&mut answer).expect("it answers");
    let at = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
    answer.split_off(at + 4)
}

/// How many operations the description has that is measured.
const OPERATIONS: usize = 1_000;

/// A description whose answers have about a kilobyte, of numbers, texts and times that are made for each id.
fn description() -> String {
    let operation = |path: &str| {
        format!(
            "\"{path}\":{{\"get\":{{\"parameters\":[{{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":{{\"type\":\"integer\",\"minimum\":0}}}},{{\"name\":\"page\",\"in\":\"query\",\"schema\":{{\"type\":\"integer\"}}}}],\"responses\":{{\"200\":{{\"description\":\"one\",\"content\":{{\"application/json\":{{\"schema\":{{\"$ref\":\"#/components/schemas/Item\"}}}}}}}}}}}}}}"
        )
    };
    let paths: Vec<String> = (0..OPERATIONS)
        .map(|at| operation(&if at == 0 { "/items/{id}".to_owned() } else { format!("/things{at}/{{id}}") }))
        .collect();
    let part = "{\"type\":\"object\",\"required\":[\"id\",\"name\"],\"properties\":{\"id\":{\"type\":\"integer\"},\"name\":{\"type\":\"string\"},\"price\":{\"type\":\"number\"},\"created_at\":{\"type\":\"string\",\"format\":\"date-time\"}}}";
    let item = format!(
        "{{\"type\":\"object\",\"properties\":{{\"id\":{{\"type\":\"integer\"}},\"parts\":{{\"type\":\"array\",\"minItems\":15,\"items\":{part}}}}}}}"
    );
    format!(
        "{{\"openapi\":\"3.0.3\",\"info\":{{\"title\":\"Bench\",\"version\":\"1\"}},\"paths\":{{{}}},\"components\":{{\"schemas\":{{\"Item\":{item}}}}}}}",
        paths.join(",")
    )
}

fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    socket.local_addr().expect("it has an address").port()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn line(what: &str, values: &mut [f64], unit: &str) {
    let middle = median(values);
    println!("  {what:34} {middle:>10.2} {unit}  ({:.2} to {:.2})", values[0], values[values.len() - 1]);
}

impl Bench {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    fn prepare(&self) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder.0)?;
        fs::write(self.path("body.json"), body())?;
        for stubs in STUBS {
            let folder = self.path(&format!("serve-{stubs}/s"));
            fs::create_dir_all(&folder)?;
            fs::write(folder.join("../understudy.yaml"), "version: 1\nservices: { s: { dir: s } }\n")?;
            for at in 0..stubs {
                let text = format!("request: {{ path: /items/{at} }}\nresponse:\n  body:\n    json: {}\n", body());
                fs::write(folder.join(format!("f{at}.yaml")), text)?;
            }
            let script = format!(
                "request = function() return wrk.format('GET', '/items/' .. math.random(0, {})) end\n",
                stubs - 1
            );
            fs::write(self.path(&format!("random-{stubs}.lua")), script)?;
        }
        let script = "request = function() return wrk.format('GET', '/items/' .. math.random(0, 999)) end\n";
        fs::write(self.path("random-items.lua"), script)?;
        let folder = self.path("verify/s");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("../understudy.yaml"), "version: 1\nservices: { s: { dir: s } }\n")?;
        for at in 0..1_000 {
            let rules = "$.id: integer\n    $.items[*].price: { min: 0, max: 10 }\n    $.items[*].name: { matches: \"item [0-9]+\" }\n    $.items[*].tags: { each: string }\n    $.items: { min: 1 }";
            let text = format!(
                "request: {{ path: /items/{at} }}\nresponse:\n  body:\n    json: {}\n  match:\n    {rules}\n",
                body()
            );
            fs::write(folder.join(format!("f{at}.yaml")), text)?;
        }
        Ok(())
    }

    fn bare(&self, body: &str) -> Server {
        let port = free_port();
        let mut command = Command::new(self.target.join("examples/bare_server"));
        command.arg(port.to_string()).arg(self.path(body));
        command.args(["content-type", "application/json", "vary", "origin, accept-encoding"]);
        Server::start(command, port)
    }

    /// A description alone: requests are held against it, and answers are made for random ids.
    fn describing(&self) {
        let (mut ratios, mut bare, mut ours) = (Vec::new(), Vec::new(), Vec::new());
        let (mut first, mut after) = (Vec::new(), Vec::new());
        let script = self.path("random-items.lua");
        fs::write(self.path("described.json"), description()).expect("the description can be written");
        for _ in 0..self.rounds {
            let port = free_port();
            let log = fs::File::create(self.path("log")).expect("the log can be written");
            let mut command = Command::new(self.target.join("understudy"));
            command.args(["serve", "--openapi"]).arg(self.path("described.json"));
            let server = Server::start_with(command.args(["--port", &port.to_string()]).stdout(log), port);
            first.push(server.first_answer.as_secs_f64() * 1_000.0);
            fs::write(self.path("described-body.json"), body_of(port)).expect("the body can be written");
            let (rate, _) = server.load(&script, LOAD);
            after.push(server.resident_mebibytes());
            drop(server);
            let (base, _) = self.bare("described-body.json").load(&script, LOAD);
            ratios.push(rate / base);
            bare.push(base);
            ours.push(rate);
        }
        let bytes = fs::metadata(self.path("described-body.json")).map_or(0, |metadata| metadata.len());
        println!(
            "\nserve --openapi, {OPERATIONS} operations, bodies of {bytes} bytes, {} rounds: median (least to most)",
            self.rounds
        );
        line("share of bare hyper", &mut ratios, "");
        line("requests/s, bare hyper", &mut bare, "");
        line("requests/s", &mut ours, "");
        line("start to first answer", &mut first, "ms");
        line("resident after load", &mut after, "MiB");
    }

    fn understudy(&self, stubs: usize) -> Server {
        let port = free_port();
        let log = fs::File::create(self.path("log")).expect("the log can be written");
        let mut command = Command::new(self.target.join("understudy"));
        command.arg("serve").arg(self.path(&format!("serve-{stubs}"))).args(["--port", &port.to_string()]).stdout(log);
        Server::start(command, port)
    }

    fn serving(&self) {
        for stubs in STUBS {
            let (mut ratios, mut bare, mut ours, mut p99) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            let (mut first, mut before, mut after) = (Vec::new(), Vec::new(), Vec::new());
            let script = self.path(&format!("random-{stubs}.lua"));
            for _ in 0..self.rounds {
                let (base, base_p99) = self.bare("body.json").load(&script, LOAD);
                let server = self.understudy(stubs);
                first.push(server.first_answer.as_secs_f64() * 1_000.0);
                before.push(server.resident_mebibytes());
                let (rate, rate_p99) = server.load(&script, LOAD);
                after.push(server.resident_mebibytes());
                ratios.push(rate / base);
                bare.push(base);
                ours.push(rate);
                p99.push(rate_p99 / base_p99.max(0.001));
            }
            println!("\nserve, {stubs} stubs, {} rounds: median (least to most)", self.rounds);
            line("share of bare hyper", &mut ratios, "");
            line("requests/s, bare hyper", &mut bare, "");
            line("requests/s", &mut ours, "");
            line("99th percentile, times bare hyper's", &mut p99, "");
            line("start to first answer", &mut first, "ms");
            line("resident before load", &mut before, "MiB");
            line("resident after load", &mut after, "MiB");
        }
    }

    fn bare_proxy(&self, backend: u16) -> Server {
        let port = free_port();
        let mut command = Command::new(self.target.join("examples/bare_proxy"));
        command.args([port.to_string(), backend.to_string()]);
        Server::start(command, port)
    }

    /// `serve` before a backend, in a project of its own.
    fn before(&self, mode: &str, backend: u16) -> Server {
        let folder = self.path(mode);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("s")).expect("a folder can be made");
        let text = format!(
            "version: 1\nservices: {{ s: {{ dir: s, mode: {mode}, backends: {{ real: {{ url: \"http://127.0.0.1:{backend}\" }} }} }} }}\n"
        );
        fs::write(folder.join("understudy.yaml"), text).expect("a file can be written");
        let log = fs::File::create(self.path(&format!("{mode}.log"))).expect("the log can be written");
        let (port, mut command) = (free_port(), Command::new(self.target.join("understudy")));
        command.arg("serve").arg(&folder).args(["--port", &port.to_string()]).stdout(log);
        Server::start(command, port)
    }

    /// How many exchanges are in the inbox, and how many could not be stored, once the recorder has ended.
    fn recorded(&self, server: &mut Server) -> String {
        let id = server.child.id().to_string();
        Command::new("kill").args(["-INT", &id]).status().expect("it can be asked to end");
        let status = server.child.wait().expect("it ends");
        let log = fs::read_to_string(self.path("record.log")).unwrap_or_default();
        let last = log.lines().last().unwrap_or_default().to_owned();
        if status.success() { last } else { format!("{last} ({status})") }
    }

    /// All are there at once and take short turns: what else the machine does costs each of them as much.
    fn recording(&self) {
        let script = self.path("random-items.lua");
        let backend = self.bare("body.json");
        let (proxy, passing) = (self.bare_proxy(backend.port), self.before("passthrough", backend.port));
        let mut recorder = self.before("record", backend.port);
        let (mut bare, mut forwarding, mut durable, mut rate) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..TURNS * self.rounds {
            let (base, _) = proxy.load(&script, TURN);
            forwarding.push(passing.load(&script, TURN).0 / base);
            let (own, _) = recorder.load(&script, TURN);
            durable.push(own / base);
            bare.push(base);
            rate.push(own);
        }
        let resident = recorder.resident_mebibytes();
        let said = self.recorded(&mut recorder);
        let turns = TURNS * self.rounds;
        println!("\nbefore a backend, answers of a kilobyte, {turns} turns: median (least to most)");
        line("share of a bare proxy, forwarding", &mut forwarding, "");
        line("share of a bare proxy, recording", &mut durable, "");
        line("requests/s, bare proxy", &mut bare, "");
        line("requests/s, recording", &mut rate, "");
        println!("  {:34} {resident:>10.2} MiB", "resident after load, recording");
        println!("  the recorder: {said}");
    }

    /// A gibibyte each way through the recorder.
    fn passing_a_gibibyte(&self) {
        const MEBIBYTES: usize = 1_024;
        let backend = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = backend.local_addr().expect("it has an address").port();
        let answering = std::thread::spawn(move || {
            // The first request only asks whether it is there.
            for length in [2, MEBIBYTES << 20] {
                let (mut stream, _) = backend.accept().expect("a connection");
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                    head.push(byte[0]);
                }
                if length > 2 {
                    let sent = (&stream).take(length as u64);
                    std::io::copy(&mut { sent }, &mut std::io::sink()).expect("the request comes whole");
                }
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
                stream.write_all(head.as_bytes()).expect("the recorder takes it");
                let piece = vec![b'x'; length.min(1 << 20)];
                (0..length / piece.len()).for_each(|_| stream.write_all(&piece).expect("the recorder takes it"));
            }
        });
        let server = self.before("record", port);
        let before = server.resident_mebibytes();
        let began = Instant::now();
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).expect("the recorder listens");
        let head = format!(
            "POST /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            MEBIBYTES << 20
        );
        stream.write_all(head.as_bytes()).expect("it takes the head");
        let piece = vec![b'y'; 1 << 20];
        let mut most = before;
        for at in 0..MEBIBYTES {
            stream.write_all(&piece).expect("it takes the body");
            if at % 64 == 0 {
                most = most.max(server.resident_mebibytes());
            }
        }
        let mut received = 0;
        let mut buffer = vec![0; 1 << 20];
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            received += read;
            if received % (64 << 20) < read {
                most = most.max(server.resident_mebibytes());
            }
        }
        answering.join().expect("the backend ends");
        assert!(received > MEBIBYTES << 20, "{received} bytes came");
        println!(
            "\na gibibyte each way through the recorder: {:.1} s, resident {before:.0} MiB before, {most:.0} MiB at most",
            began.elapsed().as_secs_f64()
        );
    }

    fn verifying(&self) {
        let mut times = Vec::new();
        // A run is over in a moment: more of them say more.
        let rounds = 3 * self.rounds;
        for _ in 0..rounds {
            let server = self.bare("body.json");
            let began = Instant::now();
            let mut command = Command::new(self.target.join("understudy"));
            command
                .arg("verify")
                .arg(self.path("verify"))
                .args(["--backend", &format!("http://127.0.0.1:{}", server.port)]);
            let output = command.output().expect("the program starts");
            times.push(began.elapsed().as_secs_f64() * 1_000.0);
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(text.contains("1000 kept"), "{text}{}", String::from_utf8_lossy(&output.stderr));
        }
        println!("\nverify, 1000 fixture files, five kinds of rules, {rounds} rounds: median (least to most)");
        line("the whole process", &mut times, "ms");
    }
}
