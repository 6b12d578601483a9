//! `record`, `inbox`

use crate::args::{InboxArgs, InboxCommand, RecordArgs};
use crate::exit::Exit;
use crate::files::{print_json, project};
use crate::serve::ended;
use crate::terminal::{Paint, count, plain};
use std::io::{Write, stderr, stdout};
use std::path::PathBuf;
use std::sync::Arc;
use understudy_api::{ApiError, Inbox, Proposal, RecordRequest, Settled, record};

pub(crate) fn run(args: RecordArgs) -> Result<Exit, ApiError> {
    let root = project(args.project.as_deref())?;
    let request = RecordRequest { project: root, service: args.service, backend: args.backend, port: args.port };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    runtime.block_on(async {
        let told = |line: &str| drop(writeln!(stdout(), "{}", plain(line)));
        let server = record(&request, Arc::new(told)).await?;
        say_damaged(&server.damaged);
        let url = Paint::stdout().bold(&server.url);
        let _ =
            writeln!(stdout(), "{url} records {}: point your frontend there, and end it with Ctrl-C", server.backend);
        let _ = stdout().flush();
        let summary = server.until(ended()).await;
        let _ = writeln!(stdout(), "{} in the inbox: understudy inbox", count_u64(summary.stored, "exchange"));
        if summary.dropped > 0 {
            let _ = writeln!(stderr(), "{} could not be stored", count_u64(summary.dropped, "exchange"));
        }
        if summary.failed > 0 {
            let _ = writeln!(stderr(), "{} got no answer from the backend", count_u64(summary.failed, "request"));
        }
        match summary.problem {
            None => Ok(Exit::Fine),
            Some(why) => {
                let _ = writeln!(stderr(), "not all of it is surely on the disk: {why}");
                Ok(Exit::CouldNot)
            }
        }
    })
}

fn count_u64(number: u64, word: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), word)
}

fn say_damaged(damaged: &[PathBuf]) {
    for folder in damaged {
        let _ = writeln!(stderr(), "recordings that could not be read were put aside: {}", folder.display());
    }
}

pub(crate) fn inbox(args: &InboxArgs) -> Result<Exit, ApiError> {
    let inbox = Inbox::open(&project(args.project.as_deref())?)?;
    say_damaged(&inbox.damaged);
    let settled = match args.command.as_ref().unwrap_or(&InboxCommand::List) {
        InboxCommand::List => {
            list(&inbox, args.json);
            return Ok(Exit::Fine);
        }
        InboxCommand::Show { id } => {
            let proposal = inbox.proposal(id)?;
            if args.json {
                print_json(&proposal);
            } else {
                show(&proposal);
            }
            return Ok(Exit::Fine);
        }
        InboxCommand::Accept { ids } => inbox.accept(ids)?,
        InboxCommand::Discard { ids, .. } => inbox.discard(ids)?,
    };
    if args.json {
        print_json(&settled);
    } else {
        say_settled(&settled);
    }
    Ok(Exit::Fine)
}

fn list(inbox: &Inbox, json: bool) {
    let view = inbox.view();
    if json {
        return print_json(&view);
    }
    let paint = Paint::stdout();
    let mut out = String::new();
    for proposal in &view.proposals {
        let news = format!("{:7}", proposal.news);
        let news = match proposal.news {
            "new" => paint.green(&news),
            "changed" => paint.yellow(&news),
            _ => paint.dim(&news),
        };
        let times = count(proposal.exchanges, "exchange");
        out.push_str(&format!("{news} {}  {}  {times}\n", paint.bold(&plain(&proposal.id)), plain(&proposal.promise)));
        for difference in &proposal.differences {
            out.push_str(&format!("        {}\n", plain(difference)));
        }
    }
    for cut in &view.cut {
        out.push_str(&paint.dim(&format!("not whole: {}\n", plain(cut))));
    }
    out.push_str(&format!("{} in the inbox\n", count(view.exchanges, "exchange")));
    if view.evicted > 0 {
        out.push_str(&format!(
            "{} deleted: there was no room for them any more\n",
            count_u64(view.evicted, "older one")
        ));
    }
    let _ = stdout().write_all(out.as_bytes());
}

fn show(proposal: &Proposal) {
    let mut out = String::new();
    out.push_str(&format!(
        "# {}: {}, of {}\n",
        plain(&proposal.id),
        proposal.news,
        count(proposal.exchanges, "exchange")
    ));
    for (place, placeholder) in &proposal.removed {
        out.push_str(&format!("# {placeholder} was taken out of {}\n", plain(place)));
    }
    for difference in &proposal.differences {
        out.push_str(&format!("# {}\n", plain(difference)));
    }
    out.push_str(&proposal.text);
    let _ = stdout().write_all(out.as_bytes());
}

fn say_settled(settled: &Settled) {
    let paint = Paint::stdout();
    let mut out = String::new();
    for file in &settled.files {
        out.push_str(&format!("{} {file}\n", paint.bold("made")));
    }
    for (id, why) in &settled.left {
        out.push_str(&format!("{} {}: {why}\n", paint.yellow("left"), plain(id)));
    }
    out.push_str(&format!("{} went from the inbox\n", count(settled.exchanges, "exchange")));
    let _ = stdout().write_all(out.as_bytes());
}
