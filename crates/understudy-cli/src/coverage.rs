//! `coverage`

use crate::args::CoverageArgs;
use crate::exit::Exit;
use crate::files::{print_json, project};
use crate::terminal::{Page, Paint, count, print_error_line};
use understudy_api::{
    ApiError, CoverageReport, CoverageRequest, OperationCoverage, ServiceCoverage, StatusCoverage, coverage,
    coverage_html, date_and_minute,
};

pub(crate) fn run(args: &CoverageArgs) -> Result<Exit, ApiError> {
    let request = CoverageRequest {
        project: project(args.project.as_deref(), &args.allowed)?,
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
        text(&report).print();
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
            print_error_line(format_args!(
                "{} {percent:.1} % {what}, and {least} % are asked for",
                paint.red("error:")
            ));
            exit = Exit::Broken;
        }
    }
    Ok(exit)
}

fn text(report: &CoverageReport) -> Page {
    let paint = Paint::stdout();
    let mut out = Page::new();
    for service in &report.services {
        of_service(service, paint, &mut out);
    }
    for unknown in &report.unknown {
        out.line(format_args!("{} {unknown}", paint.yellow("not known:")));
    }
    let total = report.total;
    let part = |part: usize, what: &str| format!("{part} {what} ({:.0} %)", total.percent(part));
    let mut line = format!(
        "{}: {}, {}",
        count(total.statuses, "documented status").replace("statuss", "statuses"),
        part(total.fixtures, "with a fixture"),
        part(total.verified, "kept by a backend")
    );
    for (number, what) in [(total.broken, "broken"), (total.wrong, "not as described"), (total.recorded, "recorded")] {
        if number > 0 {
            line.push_str(&format!(", {number} {what}"));
        }
    }
    out.line(line);
    out
}

fn of_service(service: &ServiceCoverage, paint: Paint, out: &mut Page) {
    out.line(format_args!("{} {} ({})", paint.bold(&service.service), service.title, service.file));
    let width = service.operations.iter().map(|operation| label(operation).chars().count()).max().unwrap_or(0);
    for operation in &service.operations {
        let label = label(operation);
        let space = " ".repeat(width.min(LABEL_CHARS_MAX).saturating_sub(label.chars().count()));
        let statuses: Vec<String> = operation.statuses.iter().map(|status| of_status(status, paint)).collect();
        out.line(format_args!("  {label}{space}  {}", statuses.join("  ")));
        for link in &operation.links {
            out.line(paint.dim(&format!("    leads from {link}")));
        }
        for callback in &operation.callbacks {
            out.line(paint.dim(&format!("    the backend asks {callback}")));
        }
    }
    for webhook in &service.webhooks {
        out.line(format_args!("  the backend asks by itself: {webhook}"));
    }
    for file in &service.undescribed {
        out.line(format_args!("  {} {file}", paint.yellow("not in the description:")));
    }
    out.blank();
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
