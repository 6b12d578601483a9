//! `record`, `inbox`

use crate::args::{InboxArgs, InboxCommand, RecordArgs};
use crate::ending::Ending;
use crate::exit::Exit;
use crate::files::{print_json, project};
use crate::terminal::{Page, Paint, count, print_error_line, print_line, print_text, say_problems};
use crate::trust::print_sent;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use understudy_api::{
    ApiError, Chosen, Conversation, Diagnostic, DifferenceReport, InboxView, News, OpenInbox, Proposal, RecordNews,
    RecordRequest, RecordedSummary, RedactionReport, Settled, Spoken, VarNeeded, record,
};

pub(crate) fn run(args: RecordArgs) -> Result<Exit, ApiError> {
    let root = project(args.project.as_deref(), &args.allowed)?;
    let request = RecordRequest {
        project: root,
        service: args.service,
        backend: args.backend,
        port: args.port,
        trust: args.trust.trust()?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    runtime.block_on(async {
        let told = |news: RecordNews<'_>| {
            print_line(news);
        };
        let server = record(&request, Arc::new(told)).await?;
        // Until then the person at the terminal is asked, and Ctrl-C ends the program.
        let ending = Ending::new();
        print_sent(&server.disclosures);
        say_damaged(&server.damaged);
        let url = Paint::stdout().bold(&server.url);
        print_line(format_args!("{url} records {}: point your frontend there, and end it with Ctrl-C", server.backend));
        Ok(say_recorded(&server.until(ending.came()).await, false))
    })
}

/// Says what came of recording: to programs that read lines of JSON, only what went wrong.
pub(crate) fn say_recorded(summary: &RecordedSummary, is_json: bool) -> Exit {
    if !is_json {
        print_line(format_args!("{} in the inbox: understudy inbox", count_u64(summary.stored, "exchange")));
    }
    if summary.dropped > 0 {
        print_error_line(format_args!("{} could not be stored", count_u64(summary.dropped, "exchange")));
    }
    if summary.failed > 0 {
        print_error_line(format_args!("{} got no answer from the backend", count_u64(summary.failed, "request")));
    }
    let Some(why) = &summary.problem else { return Exit::Fine };
    print_error_line(format_args!("not all of it is surely on the disk: {why}"));
    Exit::CouldNot
}

fn count_u64(number: u64, word: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), word)
}

fn say_damaged(damaged: &[PathBuf]) {
    for folder in damaged {
        print_error_line(format_args!("recordings that could not be read were put aside: {}", folder.display()));
    }
}

pub(crate) fn inbox(args: InboxArgs) -> Result<Exit, ApiError> {
    let root = project(args.project.as_deref(), &args.allowed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the system gives sockets");
    runtime.block_on(async {
        let inbox = OpenInbox::of(&root).await?;
        say_damaged(&inbox.damaged);
        let settled = match args.command.unwrap_or(InboxCommand::List) {
            InboxCommand::List => {
                list(&inbox.view(), args.json);
                return Ok(Exit::Fine);
            }
            InboxCommand::Show { id } => {
                let view = inbox.view();
                if let Some(conversation) = view.sockets.iter().find(|conversation| conversation.id == id) {
                    show_conversation(conversation, args.json);
                    return Ok(Exit::Fine);
                }
                let (proposal, text) = inbox.proposal(&id).await?;
                show(&Shown { proposal, text }, args.json);
                return Ok(Exit::Fine);
            }
            InboxCommand::Export { file } => {
                let har = inbox.har().await?;
                match &file {
                    None => print_text(&har),
                    Some(file) => {
                        std::fs::write(file, har).map_err(|error| ApiError::of_file(file, "write", &error))?;
                    }
                }
                return Ok(Exit::Fine);
            }
            InboxCommand::Accept { ids, .. } if ids.is_empty() && !has_new(&inbox.view()) && !args.json => {
                say_nothing_is_new(&inbox.view());
                return Ok(Exit::Fine);
            }
            InboxCommand::Accept { ids, merge, name, preview } => {
                let chosen = if merge {
                    vec![Chosen { ids, name }]
                } else {
                    ids.into_iter().map(|id| Chosen { ids: vec![id], name: name.clone() }).collect()
                };
                let plan = inbox.plan(chosen.clone()).await?;
                if !args.json {
                    say_along(&plan, preview);
                }
                if preview {
                    say_planned(&plan, args.json);
                    return Ok(Exit::Fine);
                }
                inbox.accept(chosen).await?
            }
            InboxCommand::Discard { ids, .. } => inbox.discard(ids).await?,
        };
        if args.json {
            print_json(&settled);
        } else {
            say_settled(&settled);
            say_problems(&problems_in(&root, &settled.files)?);
        }
        Ok(if settled.left.is_empty() { Exit::Fine } else { Exit::CouldNot })
    })
}

/// What `check` says of files that were just written: where secrets that were taken out were all that told two requests apart,
/// one fixture hides the other.
fn problems_in(root: &Path, files: &[String]) -> Result<Vec<Diagnostic>, ApiError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let mut problems = understudy_api::check(root)?.problems;
    problems.retain(|problem| files.iter().any(|file| **file == *problem.file));
    Ok(problems)
}

/// A proposal and the file that it would be.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    proposal: Proposal,
    text: String,
}

fn list(view: &InboxView, json: bool) {
    if json {
        return print_json(view);
    }
    let paint = Paint::stdout();
    let mut out = Page::new();
    let mut listed: BTreeSet<&str> = BTreeSet::new();
    for proposal in &view.proposals {
        let news = match proposal.news {
            News::New => paint.green("new    "),
            News::Changed => paint.yellow("changed"),
            News::Same => paint.dim("same   "),
        };
        let times = count(proposal.exchanges, "exchange");
        out.line(format_args!(
            "{news} {}  {}  {times}{}",
            paint.bold(&proposal.id),
            proposal.promise(),
            beside(proposal)
        ));
        for difference in &proposal.differences {
            out.line(format_args!("        {}", differs(difference)));
        }
        for violation in &proposal.not_as_described {
            out.line(format_args!("        {} {violation}", paint.yellow("not as described:")));
        }
        // Nearly every request repeats a cookie, so each secret is listed only at its first place.
        let new: Vec<&RedactionReport> =
            proposal.redactions.iter().filter(|one| listed.insert(one.stand_in.as_str())).collect();
        let redactions = new.iter().take(REDACTIONS_MAX);
        redactions.for_each(|one| out.line(paint.dim(&format!("        {}", redacted(one)))));
        if new.len() > REDACTIONS_MAX {
            let more = new.len() - REDACTIONS_MAX;
            let id = &proposal.id;
            out.line(paint.dim(&format!("        and {more} more: understudy inbox show {id}")));
        }
    }
    for Conversation { id, target, count: messages, .. } in &view.sockets {
        let messages = count(*messages, "message");
        let word = paint.dim("socket ");
        out.line(format_args!("{word} {}  GET {target} 101  {messages}", paint.bold(id)));
    }
    if !view.sockets.is_empty() {
        let hint = "no fixture can send messages of a WebSocket yet: `mode: passthrough` forwards it to the backend; `inbox show` shows the messages, `inbox discard` deletes them";
        out.line(paint.dim(&format!("        {hint}")));
    }
    for cut in &view.cut {
        out.line(paint.dim(&format!("not whole: {cut}")));
    }
    for left_out in &view.left_out {
        out.line(paint.dim(&format!("left out: {left_out}")));
    }
    out.line(format_args!("{} in the inbox", count(view.exchanges, "exchange")));
    if view.later > 0 {
        let later = count(view.later, "later one");
        out.line(format_args!("{later} not looked at yet: accept or discard some of these first"));
    }
    if view.evicted > 0 {
        out.line(format_args!("{} deleted: there was no room for them any more", count_u64(view.evicted, "older one")));
    }
    out.print();
}

/// The fixture that a proposal is held against.
fn beside(proposal: &Proposal) -> String {
    match (&proposal.file, proposal.news) {
        (Some(file), News::Changed) => format!(", unlike {file}"),
        (Some(file), _) => format!(", as in {file}"),
        (None, _) => String::new(),
    }
}

/// Formats a difference as one line.
pub(crate) fn differs(difference: &DifferenceReport) -> String {
    let DifferenceReport { path, kind, expected, received, .. } = difference;
    // The status is a place and a kind.
    let what = if path == kind { path.clone() } else { format!("{path} {kind}") };
    format!("{what}: expected {expected}, received {received}")
}

fn show(shown: &Shown, json: bool) {
    if json {
        return print_json(shown);
    }
    let Shown { proposal, text } = shown;
    let mut out = Page::new();
    let news = match proposal.news {
        News::New => "new",
        News::Changed => "changed",
        News::Same => "same",
    };
    let times = count(proposal.exchanges, "exchange");
    out.line(format_args!("# {}: {news}, of {times}{}", proposal.id, beside(proposal)));
    proposal.redactions.iter().for_each(|one| out.line(format_args!("# {}", redacted(one))));
    if let Some(address) = &proposal.own_address {
        let places = proposal.names_itself.join(", ");
        out.line(format_args!("# names its backend, {address}, in {places}: a stub sends its own address"));
    }
    for difference in &proposal.differences {
        out.line(format_args!("# {}", differs(difference)));
    }
    for violation in &proposal.not_as_described {
        out.line(format_args!("# not as described: {violation}"));
    }
    out.lines("", text);
    out.print();
}

/// The maximum number of secrets that are listed for one proposal.
const REDACTIONS_MAX: usize = 3;

/// Formats a redacted secret as one line.
fn redacted(RedactionReport { place, stand_in, rule, .. }: &RedactionReport) -> String {
    format!("{stand_in} replaces a secret in {place} ({rule})")
}

/// What was said on a WebSocket, a line each.
fn show_conversation(conversation: &Conversation, json: bool) {
    if json {
        return print_json(conversation);
    }
    let paint = Paint::stdout();
    let Conversation { id, target, count: all, messages, redactions, cut, .. } = conversation;
    let mut out = Page::new();
    out.line(format_args!("# {id}: GET {target}, {}", count(*all, "message")));
    redactions.iter().for_each(|one| out.line(format_args!("# {}", redacted(one))));
    for Spoken { from_client, after_micros, text, bytes } in messages {
        let who = if *from_client { "client " } else { "backend" };
        let said = text.as_ref().map_or_else(|| paint.dim(&count(*bytes, "byte")), Clone::clone);
        out.line(format_args!("{:>10.3} s  {who}  {said}", *after_micros as f64 / 1e6));
    }
    if messages.len() < *all {
        out.line(format_args!("# and {} more", all - messages.len()));
    }
    if let Some(why) = cut {
        out.line(format_args!("# not all of it: {why}"));
    }
    out.print();
}

fn has_new(view: &InboxView) -> bool {
    view.proposals.iter().any(|proposal| proposal.news == News::New)
}

fn say_nothing_is_new(view: &InboxView) {
    let mut out = Page::new();
    out.line("nothing is new");
    let first = |news: News| view.proposals.iter().find(|proposal| proposal.news == news);
    if let Some(changed) = first(News::Changed) {
        let id = &changed.id;
        out.line(format_args!("what has changed is accepted by its name: understudy inbox accept {id}"));
    }
    if let Some(same) = first(News::Same) {
        let id = &same.id;
        out.line(format_args!("what is the same stays until it is discarded: understudy inbox discard {id}"));
    }
    out.print();
}

fn say_settled(settled: &Settled) {
    let paint = Paint::stdout();
    let mut out = Page::new();
    for file in &settled.files {
        out.line(format_args!("{} {file}", paint.bold("wrote")));
    }
    for (id, after) in &settled.stays {
        out.line(format_args!("{} {id} in the inbox: {after} needs it", paint.bold("kept")));
    }
    for (id, why) in &settled.left {
        out.line(format_args!("{} {id}: {why}", paint.yellow("left")));
    }
    out.line(format_args!("{} went from the inbox", count(settled.exchanges, "exchange")));
    needed(&settled.vars, &mut out);
    out.print();
}

/// Prints the proposals that are accepted in addition to the selected ones, before they are accepted.
fn say_along(plan: &Settled, is_preview: bool) {
    let paint = Paint::stdout();
    let what = if is_preview { "would take along" } else { "taking along" };
    let mut out = Page::new();
    for (id, after) in &plan.along {
        out.line(format_args!("{} {id}: {after} needs it", paint.bold(what)));
    }
    out.print();
}

/// Prints what accepting would do.
fn say_planned(plan: &Settled, json: bool) {
    if json {
        return print_json(plan);
    }
    let paint = Paint::stdout();
    let mut out = Page::new();
    plan.files.iter().for_each(|file| out.line(format_args!("{} {file}", paint.bold("would write"))));
    for (id, why) in &plan.left {
        out.line(format_args!("{} {id}: {why}", paint.yellow("would leave")));
    }
    out.line("nothing was written (--preview)");
    out.print();
}

/// The maximum number of files that are listed for one value.
const FILES_MAX: usize = 3;

/// Lists the values that `verify` needs, and the values that the stub accepts in their place.
pub(crate) fn needed(vars: &[VarNeeded], out: &mut Page) {
    for VarNeeded { service, name, is_known, files, refused } in vars {
        let but = refused.as_ref().map_or_else(String::new, |refused| format!(" but `{refused}`"));
        if *is_known {
            out.line(format_args!("the stub takes any value for `{name}`{but}"));
            continue;
        }
        let first: Vec<&str> = files.iter().take(FILES_MAX).map(String::as_str).collect();
        let more = files.len() - first.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let first = first.join(", ");
        out.line(format_args!(
            "verify needs a value for `{name}`: write it under `vars` of a backend of {service} ({first}{more}); the stub takes any{but}"
        ));
    }
}
