//! `serve`

use crate::args::{Log, ServeArgs};
use crate::ending::Ending;
use crate::exit::Exit;
use crate::files::target;
use crate::record::say_recorded;
use crate::terminal::{
    Page, Paint, count, count_problems, log_output, print_error_line, say_first_problems, say_problems,
};
use crate::trust::lines;
use understudy_api::{
    ApiError, Diagnostic, Elsewhere, Listening, LogFormat, RecordedSummary, Reloaded, ServeRequest, Serving, Target,
    serve,
};

pub(crate) fn run(args: ServeArgs) -> Result<Exit, ApiError> {
    let (is_json, host) = (args.log == Log::Json, args.host);
    let request = ServeRequest {
        target: match args.openapi {
            Some(file) => Target::Description(file),
            None => target(args.project.as_deref())?,
        },
        allowed: args.allowed.outside,
        requests: args.requests.into(),
        poll: args.poll,
        services: args.services,
        port: args.port,
        host: args.host,
        backend: args.backend,
        state: args.state,
        trust: args.trust.trust()?,
        log: if is_json { LogFormat::Json } else { LogFormat::Text },
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    runtime.block_on(async {
        let serving = serve(request, log_output()).await?;
        // Until then the person at the terminal is asked, and Ctrl-C ends the program.
        let ending = Ending::new();
        announce(&serving, is_json);
        if let Some(host) = host.filter(|host| !host.is_loopback()) {
            print_error_line(format_args!(
                "{} everybody who can reach {host} gets these responses: --host 127.0.0.1 is for this machine alone",
                Paint::stderr().yellow("warning:")
            ));
        }
        let reloaded = |news: Reloaded<'_>| {
            say_problems(news.problems);
            for file in news.mended {
                print_error_line(format_args!("{} {file} has no errors any more", Paint::stderr().green("mended:")));
            }
            print_withheld(news.listening);
            if !news.listening.is_empty() {
                news.print(listening(news.listening, is_json).as_str());
            }
        };
        let recorded = serving.until(ending.came(), say_checked, reloaded).await;
        Ok(if recorded == RecordedSummary::default() { Exit::Fine } else { say_recorded(&recorded, is_json) })
    })
}

fn say_checked(problems: &[Diagnostic]) {
    let left = say_first_problems(problems);
    if !problems.is_empty() {
        let counted = count_problems(problems);
        let all = if left > 0 { format!("; {left} more are shown by `understudy check`") } else { String::new() };
        let mut page = Page::new();
        page.line(format_args!("{counted}: what is good is served{all}"));
        page.blank();
        page.print_error();
    }
}

fn announce(serving: &Serving, is_json: bool) {
    print_withheld(&serving.listening);
    listening(&serving.listening, is_json).print();
    for Elsewhere { service, port, pid } in &serving.elsewhere {
        let name = service.as_deref().unwrap_or("the shared port");
        print_error_line(format_args!(
            "{name}: port {port} is answered by another Understudy (process {pid}) that has this project open; once it ends, by this one"
        ));
    }
}

fn listening(ports: &[Listening], is_json: bool) -> Page {
    let width = ports.iter().filter_map(|port| port.service.as_ref()).map(String::len).max().unwrap_or(0);
    let line = |port: &Listening| if is_json { json_line(port) } else { text_line(port, width) };
    let mut out = Page::new();
    for port in ports {
        out.line(line(port));
        if !is_json {
            lines(&port.disclosures).for_each(|line| out.line(Paint::stdout().dim(&line)));
        }
    }
    out
}

/// Prints the reasons why backends get no requests.
fn print_withheld(ports: &[Listening]) {
    for port in ports {
        let (Some(service), Some(why)) = (&port.service, &port.withheld) else { continue };
        let what = if port.mode == "record" { "every request is refused" } else { "only fixtures respond" };
        let mut out = Page::new();
        out.line(format_args!("{} {service} forwards nothing, {what}: {why}", Paint::stderr().yellow("warning:")));
        why.hint.iter().for_each(|hint| out.line(format_args!("  hint: {hint}")));
        out.print_error();
    }
}

fn text_line(listening: &Listening, width: usize) -> String {
    let paint = Paint::stdout();
    let fixtures = match listening.operations {
        None => count(listening.fixtures, "fixture"),
        Some(operations) if listening.fixtures == 0 => format!("{} described", count(operations, "operation")),
        Some(operations) => {
            format!("{}, {} described", count(listening.fixtures, "fixture"), count(operations, "operation"))
        }
    };
    match &listening.service {
        Some(name) if listening.mode == "mock" => format!("{name:width$}  {}  {fixtures}", paint.bold(&listening.url)),
        Some(name) => format!("{name:width$}  {}  {fixtures}, {}", paint.bold(&listening.url), listening.mode),
        None => format!("{:width$}  {}  every service by its name", "all", paint.bold(&listening.url)),
    }
}

fn json_line(listening: &Listening) -> String {
    let line = serde_json::json!({
        "event": "listening",
        "service": listening.service,
        "url": listening.url,
        "fixtures": listening.fixtures,
        "operations": listening.operations,
        "mode": listening.mode,
        "sends": listening.disclosures,
        "withheld": listening.withheld.as_ref().map(|why| &why.message),
    });
    line.to_string()
}
