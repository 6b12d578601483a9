//! `coverage`

use crate::args::CoverageArgs;
use crate::exit::Exit;
use crate::files::{print_json, project};
use crate::terminal::{Paint, count, plain};
use std::io::{Write, stderr, stdout};
use understudy_api::{
    ApiError, CoverageReport, CoverageRequest, OperationCoverage, ServiceCoverage, StatusCoverage, coverage,
    coverage_html, date_and_minute,
};

pub(crate) fn run(args: &CoverageArgs) -> Result<Exit, ApiError> {
    let request = CoverageRequest {
        project: project(args.project.as_deref())?,
        services: args.services.clone(),
        only_success: args.success,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the system gives threads");
    let report = runtime.block_on(coverage(&request))?;
    if let Some(file) = &args.html {
        std::fs::write(file, coverage_html(&report)).map_err(|error| ApiError::of_file(file, "write", &error))?;
    }
    if args.json {
        print_json(&report);
    } else {
        let _ = stdout().write_all(text(&report).as_bytes());
    }
    let mut exit = Exit::Fine;
    let bounds = [
        (args.min_fixtures, report.total.fixtures, "have a fixture"),
        (args.min_verified, report.total.verified, "were kept by a backend"),
    ];
    for (least, part, what) in bounds {
        let percent = report.total.percent(part);
        if let Some(least) = least.filter(|least| percent < *least) {
            let paint = Paint::stderr();
            let _ = writeln!(stderr(), "{} {percent:.1} % {what}, and {least} % are asked for", paint.red("error:"));
            exit = Exit::Broken;
        }
    }
    Ok(exit)
}

fn text(report: &CoverageReport) -> String {
    let paint = Paint::stdout();
    let mut out = String::new();
    for service in &report.services {
        of_service(service, paint, &mut out);
    }
    for unknown in &report.unknown {
        out.push_str(&format!("{} {}\n", paint.yellow("not known:"), plain(unknown)));
    }
    let total = report.total;
    let part = |part: usize, what: &str| format!("{part} {what} ({:.0} %)", total.percent(part));
    out.push_str(&format!(
        "{}: {}, {}",
        count(total.statuses, "documented status").replace("statuss", "statuses"),
        part(total.fixtures, "with a fixture"),
        part(total.verified, "kept by a backend")
    ));
    for (number, what) in [(total.broken, "broken"), (total.wrong, "not as described"), (total.recorded, "recorded")] {
        if number > 0 {
            out.push_str(&format!(", {number} {what}"));
        }
    }
    out.push('\n');
    out
}

fn of_service(service: &ServiceCoverage, paint: Paint, out: &mut String) {
    out.push_str(&format!("{} {} ({})\n", paint.bold(&service.service), plain(&service.title), plain(&service.file)));
    let width = service.operations.iter().map(|operation| label(operation).chars().count()).max().unwrap_or(0);
    for operation in &service.operations {
        let label = label(operation);
        let space = " ".repeat(width.min(LABEL_CHARS_MAX).saturating_sub(label.chars().count()));
        let statuses: Vec<String> = operation.statuses.iter().map(|status| of_status(status, paint)).collect();
        out.push_str(&format!("  {}{space}  {}\n", plain(&label), statuses.join("  ")));
        for link in &operation.links {
            out.push_str(&paint.dim(&format!("    leads from {}\n", plain(link))));
        }
        for callback in &operation.callbacks {
            out.push_str(&paint.dim(&format!("    the backend asks {}\n", plain(callback))));
        }
    }
    for webhook in &service.webhooks {
        out.push_str(&format!("  the backend asks by itself: {}\n", plain(webhook)));
    }
    for file in &service.undescribed {
        out.push_str(&format!("  {} {}\n", paint.yellow("not in the description:"), plain(file)));
    }
    out.push('\n');
}

/// Longer ones are not what columns are made for.
const LABEL_CHARS_MAX: usize = 60;

fn label(operation: &OperationCoverage) -> String {
    format!("{} {}", operation.method, operation.path)
}

fn of_status(status: &StatusCoverage, paint: Paint) -> String {
    let newest = status.fixtures.iter().filter_map(|fixture| fixture.verified.as_ref()).max_by_key(|known| known.at);
    let when = newest.map(|known| format!(" {}", date_and_minute(known.at))).unwrap_or_default();
    let state = match status.state {
        "verified" => paint.green(&format!("kept{when}")),
        "known" => paint.yellow(&format!("known{when}")),
        "broken" => paint.red(&format!("broken{when}")),
        "fixture" => "fixture".to_owned(),
        _ => paint.dim("-"),
    };
    let wrong = status.fixtures.iter().any(|fixture| !fixture.conforms());
    let wrong = if wrong { paint.red(" not as described") } else { String::new() };
    let recorded = if status.recorded > 0 { format!(" {} recorded", status.recorded) } else { String::new() };
    format!("{} {state}{wrong}{recorded}", status.status)
}
